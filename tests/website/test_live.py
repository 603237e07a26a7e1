"""The WebSocket of open pages: who may listen, to what, and until when."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.test import Client
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from accounts import api_keys
from accounts.models import User
from billing import ledger
from images import generation
from images.listener import QUEUED_CHANGES_MAX, Change, Listener
from tests.factories import caller_of, queued_image
from tests.mcp_gateway.processes import web
from tests.web_server import Server
from website import live

ANSWER_SECONDS = 30


@pytest.fixture(autouse=True)
def _sandbox(settings: Any, transactional_db: None) -> None:
    settings.SANDBOX_PROVIDERS = "on"


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user, backend=django_settings.AUTHENTICATION_BACKENDS[0])
    return client.cookies["sessionid"].value


def page(url: str, session: str = "", *, path: str = live.PATH, origin: str | None = None) -> ClientConnection:
    """Return the socket of a page; it has begun when the listener has said so, or was closed."""
    cookies = {"Cookie": f"sessionid={session}"} if session else {}
    headers = {**cookies, "Origin": origin or url}
    return connect(url.replace("http", "ws", 1) + path, additional_headers=headers, proxy=None)


def closing_code(socket: ClientConnection) -> int | None:
    """Return the code with which the server has closed the socket."""
    try:
        while True:
            socket.recv(ANSWER_SECONDS)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def heard(socket: ClientConnection, count: int) -> list[str]:
    """Return the topics of so many news; the listener's own beginning is not counted."""
    topics: list[str] = []
    while len(topics) < count:
        text = str(socket.recv(ANSWER_SECONDS))
        if "anything" not in text:
            topics.append(text)
    return topics


@pytest.fixture
def listening(server: Server, alice: User) -> Iterator[ClientConnection]:
    """Alice's open page, which has begun to listen."""
    with page(server.url, session_of(alice)) as socket:
        until_told(socket, alice)
        yield socket


def until_told(socket: ClientConnection, user: User) -> None:
    """Wait until the page hears what changes: what changed before it began to listen it is not told."""
    for _ in range(ANSWER_SECONDS * 5):
        ledger.grant(user.pk, amount=1, reason="to be heard of")
        try:
            while "balance" not in str(socket.recv(0.2)):
                pass
        except TimeoutError:
            continue
        return
    raise AssertionError("nothing was heard")


def drained(socket: ClientConnection) -> None:
    try:
        while True:
            socket.recv(0.3)
    except TimeoutError:
        return


def test_a_page_hears_of_its_users_images_and_balance(listening: ClientConnection, alice: User) -> None:
    drained(listening)
    image = queued_image(alice)
    generation.cancel(caller_of(alice), image.id)
    ledger.grant(alice.pk, amount=1, reason="to be heard of")
    told = f'{{"topic": "image", "id": "{image.id}"}}'
    assert heard(listening, 3) == [told, told, '{"topic": "balance", "id": null}']


def test_nobody_hears_of_anothers(listening: ClientConnection, bob: User, alice: User) -> None:
    drained(listening)
    queued_image(bob)
    own = queued_image(alice)
    assert str(own.id) in heard(listening, 1)[0]


def test_without_a_session_the_socket_is_closed(server: Server) -> None:
    with page(server.url) as socket:
        assert closing_code(socket) == live.NOT_SIGNED_IN


def test_an_unknown_session_is_none(server: Server) -> None:
    with page(server.url, "nothing") as socket:
        assert closing_code(socket) == live.NOT_SIGNED_IN


def test_another_path_is_closed(server: Server, alice: User) -> None:
    with page(server.url, session_of(alice), path="/ws/other") as socket:
        assert closing_code(socket) == live.NO_SUCH_PAGE


def test_another_sites_page_is_refused(server: Server, alice: User) -> None:
    with pytest.raises(InvalidStatus) as refused:
        page(server.url, session_of(alice), origin="https://elsewhere.example")
    assert refused.value.response.status_code == 403


def test_what_a_page_says_is_ignored(listening: ClientConnection, alice: User) -> None:
    listening.send("{")
    listening.send(b"\0")
    until_told(listening, alice)


def test_a_socket_ends_soon_after_its_session(server: Server, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SESSION_RECHECK_SECONDS", 0.1)
    with page(server.url, session_of(alice)) as socket:
        until_told(socket, alice)
        Session.objects.all().delete()
        assert closing_code(socket) == live.NOT_SIGNED_IN


def test_a_socket_that_cannot_go_on_is_closed(server: Server, alice: User, settings: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(live, "SESSION_RECHECK_SECONDS", 0.1)
    with page(server.url, session_of(alice)) as socket:
        until_told(socket, alice)
        settings.SESSION_ENGINE = "nothing.there"
        assert closing_code(socket) == live.INTERNAL_ERROR


def test_a_changed_password_ends_a_session(alice: User) -> None:
    session = session_of(alice)
    assert live.session_user_id(session) == alice.pk
    alice.set_password("another one entirely")
    alice.save()
    assert live.session_user_id(session) is None


def test_a_session_of_an_earlier_secret_stays_as_it_is(alice: User, settings: Any) -> None:
    session = session_of(alice)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new secret"
    assert live.session_user_id(session) == alice.pk
    assert Session.objects.filter(pk=session).exists()


def test_a_user_who_was_shut_out_is_nobody(alice: User) -> None:
    session = session_of(alice)
    alice.is_active = False
    alice.save()
    assert live.session_user_id(session) is None


@pytest.mark.parametrize("name", ["uvicorn", "daphne"])
def test_a_page_is_told_under_either_server(alice: User, name: str) -> None:
    secret = api_keys.create(alice, name="Laptop")[1]
    with web(name) as running, page(running.url, session_of(alice)) as socket:
        until_told(socket, alice)
        wish = {"prompt": "a lake", "modelId": "openai:gpt-image-2"}
        headers = {"Authorization": f"Bearer {secret}", "Prefer": "respond-async"}
        made = httpx2.post(f"{running.url}/api/v1/images", json=wish, headers=headers).json()
        while made["id"] not in str(socket.recv(ANSWER_SECONDS)):
            pass


async def test_a_page_that_is_far_behind_asks_for_everything(alice: User) -> None:
    ears = Listener()
    with ears.user_changes(alice.pk) as news:
        for _ in range(QUEUED_CHANGES_MAX + 1):
            ears._notify_user(alice.pk, Change("balance"))
        assert [news.get_nowait() for _ in range(news.qsize())] == [Change("anything")]
    await ears.close()


async def test_the_end_of_the_process_is_no_news(alice: User) -> None:
    ears = Listener()
    with ears.user_changes(alice.pk) as news:
        ears.end_waits()
        assert news.empty()
    await ears.close()
