"""The WebSocket of open pages: authentication, the changes it sends, and when it closes."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.test import Client
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from accounts import api_keys, suspension
from accounts.models import User
from accounts.sign_in import sessions
from billing import ledger
from images import generation
from images.listener import QUEUED_CHANGES_MAX, Change, Listener
from tests.concurrency import eventually
from tests.factories import caller_of, queued_image, session_of
from tests.mcp_gateway.processes import web
from tests.web_server import Server
from tests.website.sign_in.steps import PASSWORD, sign_in, verified_user
from website import live

RECEIVE_TIMEOUT_SECONDS = 30


@pytest.fixture(autouse=True)
def _sandbox(settings: Any, transactional_db: None) -> None:
    settings.SANDBOX_PROVIDERS = "on"


def page(url: str, session: str = "", *, path: str = live.PATH, origin: str | None = None) -> ClientConnection:
    """Open the socket of a page. Changes arrive only after the server listens: see `wait_until_listening`."""
    cookies = {"Cookie": f"sessionid={session}"} if session else {}
    headers = {**cookies, "Origin": origin or url}
    return connect(url.replace("http", "ws", 1) + path, additional_headers=headers, proxy=None)


def close_code(socket: ClientConnection) -> int | None:
    """Return the code with which the server closes the socket."""
    try:
        while True:
            socket.recv(RECEIVE_TIMEOUT_SECONDS)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def receive(socket: ClientConnection, count: int) -> list[str]:
    """Return the next messages, without those that the listener sends when it connects."""
    messages: list[str] = []
    while len(messages) < count:
        text = str(socket.recv(RECEIVE_TIMEOUT_SECONDS))
        if "anything" not in text:
            messages.append(text)
    return messages


@pytest.fixture
def alices_page(server: Server, alice: User) -> Iterator[ClientConnection]:
    """Return the socket of Alice's open page, which receives changes."""
    with page(server.url, session_of(alice)) as socket:
        wait_until_listening(socket, alice)
        yield socket


def wait_until_listening(socket: ClientConnection, user: User) -> None:
    """Wait until changes reach the page. Earlier changes are not sent."""
    for _ in range(RECEIVE_TIMEOUT_SECONDS * 5):
        ledger.grant(user.pk, amount=1, reason="test")
        try:
            while "balance" not in str(socket.recv(0.2)):
                pass
        except TimeoutError:
            continue
        return
    raise AssertionError("no change was received")


def drain(socket: ClientConnection) -> None:
    try:
        while True:
            socket.recv(0.3)
    except TimeoutError:
        return


def test_a_page_receives_changes_of_its_users_images_and_balance(alices_page: ClientConnection, alice: User) -> None:
    drain(alices_page)
    image = queued_image(alice)
    generation.cancel(caller_of(alice), image.id)
    ledger.grant(alice.pk, amount=1, reason="test")
    image_changed = f'{{"topic": "image", "id": "{image.id}"}}'
    assert receive(alices_page, 3) == [image_changed, image_changed, '{"topic": "balance", "id": null}']


def test_changes_of_other_users_are_not_sent(alices_page: ClientConnection, bob: User, alice: User) -> None:
    drain(alices_page)
    queued_image(bob)
    image = queued_image(alice)
    assert str(image.id) in receive(alices_page, 1)[0]


def test_without_a_session_the_socket_is_closed(server: Server) -> None:
    with page(server.url) as socket:
        assert close_code(socket) == live.NOT_SIGNED_IN


def test_an_unknown_session_closes_the_socket(server: Server) -> None:
    with page(server.url, "nothing") as socket:
        assert close_code(socket) == live.NOT_SIGNED_IN


def test_an_unknown_path_closes_the_socket(server: Server, alice: User) -> None:
    with page(server.url, session_of(alice), path="/ws/other") as socket:
        assert close_code(socket) == live.NO_SUCH_PAGE


def test_a_page_of_another_origin_is_rejected(server: Server, alice: User) -> None:
    with pytest.raises(InvalidStatus) as refused:
        page(server.url, session_of(alice), origin="https://elsewhere.example")
    assert refused.value.response.status_code == 403


def test_messages_from_the_page_are_ignored(alices_page: ClientConnection, alice: User) -> None:
    alices_page.send("{")
    alices_page.send(b"\0")
    wait_until_listening(alices_page, alice)


def test_a_socket_closes_soon_after_its_session_ends(
    server: Server, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SESSION_RECHECK_SECONDS", 0.1)
    with page(server.url, session_of(alice)) as socket:
        wait_until_listening(socket, alice)
        Session.objects.all().delete()
        assert close_code(socket) == live.NOT_SIGNED_IN


def test_sign_out_closes_the_sockets_of_its_session_at_once(
    server: Server, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SESSION_RECHECK_SECONDS", 3600)
    client = Client()
    client.force_login(alice, backend=django_settings.AUTHENTICATION_BACKENDS[0])
    with (
        page(server.url, client.cookies["sessionid"].value) as ended,
        page(server.url, session_of(alice)) as other,
    ):
        wait_until_listening(ended, alice)
        wait_until_listening(other, alice)
        client.post("/accounts/logout/")
        assert close_code(ended) == live.NOT_SIGNED_IN
        wait_until_listening(other, alice)


def change_password(client: Client) -> None:
    form = {"oldpassword": PASSWORD, "password1": "a new quiet lake", "password2": "a new quiet lake"}
    client.post("/accounts/password/change/", form)


@pytest.mark.parametrize(
    "end_others",
    [
        lambda client, _: client.post("/accounts/sessions/"),
        lambda client, _: change_password(client),
        lambda _, user: suspension.suspend(user),
    ],
    ids=["sign out other sessions", "change the password", "suspend"],
)
def test_ended_sessions_close_their_sockets_at_once(
    server: Server, alice: User, monkeypatch: pytest.MonkeyPatch, end_others: Callable[[Client, User], object]
) -> None:
    monkeypatch.setattr(live, "SESSION_RECHECK_SECONDS", 3600)
    verified_user(alice)
    client, other = Client(), Client()
    sign_in(client, alice.email)
    sign_in(other, alice.email)
    with page(server.url, other.cookies["sessionid"].value) as ended:
        wait_until_listening(ended, alice)
        end_others(client, alice)
        assert close_code(ended) == live.NOT_SIGNED_IN


def test_a_socket_that_cannot_send_is_closed(server: Server, alice: User, settings: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(live, "SESSION_RECHECK_SECONDS", 0.1)
    with page(server.url, session_of(alice)) as socket:
        wait_until_listening(socket, alice)
        settings.SESSION_ENGINE = "nothing.there"
        assert close_code(socket) == live.INTERNAL_ERROR


def test_sockets_above_the_limit_are_closed_until_another_one_ends(
    server: Server, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SOCKETS_PER_USER_MAX", 2)
    session = session_of(alice)
    with page(server.url, session) as first, page(server.url, session) as second:
        # A socket counts once its session has been read, and sessions of several sockets are read at the same time.
        eventually(lambda: live.open_sockets[alice.pk] == 2)
        with page(server.url, session) as third:
            assert close_code(third) == live.TOO_MANY_SOCKETS
        wait_until_listening(second, alice)
        with page(server.url, session_of(bob)) as other:
            wait_until_listening(other, bob)
        first.close()
        eventually(lambda: live.open_sockets[alice.pk] == 1)
        with page(server.url, session) as next_one:
            wait_until_listening(next_one, alice)
    eventually(lambda: not live.open_sockets)


def test_a_changed_password_ends_a_session(alice: User) -> None:
    session = session_of(alice)
    assert sessions.session_user_id(session) == alice.pk
    alice.set_password("another one entirely")
    alice.save()
    assert sessions.session_user_id(session) is None


def test_a_session_of_an_earlier_secret_key_is_not_changed(alice: User, settings: Any) -> None:
    session = session_of(alice)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new secret"
    assert sessions.session_user_id(session) == alice.pk
    assert Session.objects.filter(pk=session).exists()


def test_the_session_of_an_inactive_user_is_rejected(alice: User) -> None:
    session = session_of(alice)
    alice.is_active = False
    alice.save()
    assert sessions.session_user_id(session) is None


@pytest.mark.parametrize("name", ["uvicorn", "daphne"])
def test_changes_reach_the_page_under_either_server(alice: User, name: str) -> None:
    secret = api_keys.create(alice, name="Laptop")[1]
    with web(name) as running, page(running.url, session_of(alice)) as socket:
        wait_until_listening(socket, alice)
        arguments = {"prompt": "a lake", "modelId": "openai:gpt-image-2"}
        headers = {"Authorization": f"Bearer {secret}", "Prefer": "respond-async"}
        image = httpx2.post(f"{running.url}/api/v1/images", json=arguments, headers=headers).json()
        while image["id"] not in str(socket.recv(RECEIVE_TIMEOUT_SECONDS)):
            pass


async def test_a_full_queue_is_replaced_by_one_change_of_everything(alice: User) -> None:
    listener = Listener()
    with listener.user_changes(alice.pk) as changes:
        for _ in range(QUEUED_CHANGES_MAX + 1):
            listener._notify_user(alice.pk, Change("balance"))
        assert [changes.get_nowait() for _ in range(changes.qsize())] == [Change("anything")]
    await listener.close()


async def test_ending_waits_sends_no_change_to_pages(alice: User) -> None:
    listener = Listener()
    with listener.user_changes(alice.pk) as changes:
        listener.end_waits()
        assert changes.empty()
    await listener.close()
