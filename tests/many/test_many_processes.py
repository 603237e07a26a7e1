"""Three web and three worker processes behind nginx: whichever of them answers, it is right."""

import socket
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from urllib.parse import urlsplit

import httpx2
import pytest

from accounts import api_keys
from accounts.models import ApiKey, User
from images.models import Image
from tests.api.program import Program, status_and_code
from tests.many.processes import COUNT, RATE_LIMIT_PER_MINUTE, Site
from tests.mcp_gateway.agent import MODEL, Agent, messages, request, tool_call
from tests.website.sign_in.steps import PASSWORD, verified_user
from tests.website.test_live import RECEIVE_TIMEOUT_SECONDS, page, session_of, wait_until_listening

pytestmark = pytest.mark.django_db

WISH = {"prompt": "a lake", "modelId": MODEL}
# More of each kind than a process of ours has threads, or connections to the database.
SLOW_CLIENTS = 100


def at_each(running: Site, program: Program) -> list[httpx2.Response]:
    """Ask every web process for the account, past the proxy."""
    return [replace(program, url=web.url).get("account") for web in running.webs]


def workers_of(running: Site, image_ids: list[str]) -> set[int]:
    """Return which workers have made these images."""
    return {n for n, worker in enumerate(running.workers) for each in image_ids if f"image {each}: " in worker.words}


def test_a_call_that_waits_in_any_process_is_answered_whichever_worker_stored_the_image(
    running: Site, key: str
) -> None:
    agent = Agent(running.url, key)
    with ThreadPoolExecutor(COUNT) as clients:
        answers = list(clients.map(lambda _: agent.send(tool_call("getimages_generate_image", WISH)), range(COUNT)))
    results = [messages(answer)[-1]["result"] for answer in answers]
    assert [result["structuredContent"]["status"] for result in results] == ["succeeded"] * COUNT
    assert len({answer.headers["x-answered-by"] for answer in answers}) == COUNT
    assert len(workers_of(running, [result["structuredContent"]["id"] for result in results])) > 1


def test_progress_arrives_while_the_image_is_being_made(running: Site, key: str) -> None:
    wish = tool_call("getimages_generate_image", {**WISH, "prompt": "[sandbox:slow=2] a lake"}, progressToken=1)
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json, text/event-stream"}
    with httpx2.stream("POST", f"{running.url}/api/mcp", json=wish, headers=headers, timeout=60) as answer:
        lines = (line for line in answer.iter_lines() if line.startswith("data: "))
        assert "notifications/progress" in next(lines)
        assert Image.objects.filter(finished_at=None, user__api_keys__last_four=key[-4:]).exists()
        assert "imageUrl" in list(lines)[-1]


def test_requests_are_counted_whichever_process_takes_them(running: Site, program: Program) -> None:
    answers = [program.get("account") for _ in range(RATE_LIMIT_PER_MINUTE)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.headers["x-answered-by"] for answer in answers}) == COUNT
    assert [status_and_code(each) for each in at_each(running, program)] == [(429, "rate_limited")] * COUNT


def test_a_revoked_key_is_refused_by_every_process_at_once(running: Site, user: User, program: Program) -> None:
    assert [each.status_code for each in at_each(running, program)] == [200] * COUNT
    api_keys.revoke(ApiKey.objects.get(user=user))
    assert [status_and_code(each) for each in at_each(running, program)] == [(401, "revoked_key")] * COUNT


def test_pages_that_are_open_in_every_process_hear_of_an_image(running: Site, user: User, program: Program) -> None:
    session, told = session_of(user), [running.url, *(web.url for web in running.webs)]
    with ExitStack() as opened:
        pages = [opened.enter_context(page(url, session, origin=running.url)) for url in told]
        for each in pages:
            wait_until_listening(each, user)
        image_id = program.queue().json()["id"]
        for each in pages:
            while image_id not in str(each.recv(RECEIVE_TIMEOUT_SECONDS)):
                pass


def test_who_signed_in_with_one_process_is_signed_in_with_all(running: Site, user: User) -> None:
    verified_user(user)
    with httpx2.Client(base_url=running.url, follow_redirects=True, timeout=60) as browser:
        sign(browser, "/accounts/login/", login=user.email, password=PASSWORD)
        inside = [browser.get(f"{web.url}/dashboard/") for web in running.webs]
        sign(browser, "/accounts/logout/")
        outside = [browser.get(f"{web.url}/dashboard/") for web in running.webs]
    assert [each.url.path for each in inside] == ["/dashboard/"] * COUNT
    assert [each.url.path for each in outside] == ["/accounts/login/"] * COUNT


def sign(browser: httpx2.Client, path: str, **fields: str) -> None:
    browser.get("/accounts/login/")
    form = {"csrfmiddlewaretoken": browser.cookies["csrftoken"], **fields}
    browser.post(path, data=form, headers={"Origin": str(browser.base_url).rstrip("/")}).raise_for_status()


def test_a_link_opens_the_stored_picture_at_every_process(running: Site, program: Program) -> None:
    made = program.create().json()
    stored = running.stored(Image.objects.get(pk=made["id"]).picture_name)
    path = made["imageUrl"].removeprefix(running.url)
    for url in (running.url, *(web.url for web in running.webs)):
        assert httpx2.get(url + path).content == stored
    part = httpx2.get(made["imageUrl"], headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, stored[10:20])
    assert httpx2.head(made["imageUrl"]).headers["content-length"] == str(len(stored))


def test_one_key_of_idempotency_makes_one_image_in_three_processes(running: Site, user: User, program: Program) -> None:
    once = {"Idempotency-Key": uuid.uuid4().hex}
    with ThreadPoolExecutor(COUNT) as clients:
        answers = clients.map(lambda web: replace(program, url=web.url).queue(headers=once).json(), running.webs)
        assert len({each["id"] for each in answers}) == 1
    assert Image.objects.filter(user=user).count() == 1


@pytest.mark.parametrize(("size", "answer"), [(1024 * 1024 + 1, "application/json"), (3 * 1024 * 1024, "text/html")])
def test_too_large_a_body_is_refused_by_us_and_a_huge_one_by_nginx(
    running: Site, key: str, size: int, answer: str
) -> None:
    refused = Agent(running.url, key).request(content=b" " * size)
    assert (refused.status_code, refused.headers["content-type"]) == (413, answer)


def test_large_headers_are_refused_and_slow_clients_keep_nobody_waiting(running: Site, key: str) -> None:
    agent, address = Agent(running.url, key), urlsplit(running.url)
    assert agent.send(request("ping"), headers={"X-Large": "x" * 20_000}).status_code == 400
    unfinished = ["POST /api/mcp HT", "POST /api/mcp HTTP/1.1\r\nHost: slow\r\nContent-Length: 1000\r\n\r\n{"]
    with ExitStack() as opened:
        for words in unfinished * SLOW_CLIENTS:
            slow = opened.enter_context(socket.create_connection((address.hostname, address.port)))
            slow.sendall(words.encode())
        assert [agent.send(request("ping")).status_code for _ in range(COUNT)] == [200] * COUNT


def test_the_address_of_a_client_is_the_one_that_the_proxy_saw(running: Site, user: User, key: str) -> None:
    # All of 127/8 is this machine; behind nginx everybody would be 127.0.0.1.
    with httpx2.Client(transport=httpx2.HTTPTransport(local_address="127.0.0.2")) as http:
        Program(running.url, key, http).get("account", headers={"X-Forwarded-For": "203.0.113.9"})
    assert ApiKey.objects.get(user=user).last_used_address == "127.0.0.2"


def test_files_are_cached_for_good_when_their_name_says_what_is_in_them(running: Site) -> None:
    folder = running.folder / "static/css"
    folder.mkdir(parents=True)
    for name in ("here.css", "here.0123456789ab.css"):
        (folder / name).write_text("p {}")
    kept = [httpx2.get(f"{running.url}/static/css/{name}") for name in ("here.css", "here.0123456789ab.css")]
    assert [each.headers["cache-control"] for each in kept] == [
        "public, max-age=300",
        "public, max-age=31536000, immutable",
    ]
    assert httpx2.get(f"{running.url}/static/css/tokens.css").headers["x-answered-by"]


def test_figures_of_one_process_are_not_for_everybody(running: Site) -> None:
    assert httpx2.get(f"{running.url}/metrics").status_code == 404


def test_the_log_keeps_no_query_and_no_link(running: Site) -> None:
    httpx2.get(f"{running.url}/pricing?secret=1", headers={"Referer": f"{running.url}/i/secret"})
    httpx2.get(f"{running.url}/i/secret")
    assert '"path":"/pricing"' in running.access_log
    assert '"path":"/i/..."' in running.access_log
    assert "secret" not in running.access_log
