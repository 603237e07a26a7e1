"""Three web and three worker processes behind nginx behave as one service."""

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
from tests.factories import session_of
from tests.many.processes import COUNT, RATE_LIMIT_PER_MINUTE, Site
from tests.mcp_gateway.agent import MODEL, Agent, messages, request, tool_call
from tests.website.sign_in.steps import PASSWORD, verified_user
from tests.website.test_live import RECEIVE_TIMEOUT_SECONDS, page, wait_until_listening

pytestmark = pytest.mark.django_db

ARGUMENTS = {"prompt": "a lake", "modelId": MODEL}
# More than the threads and the database connections of one process.
SLOW_CLIENTS = 100


def at_each(running: Site, program: Program) -> list[httpx2.Response]:
    """Request the account from every web process, without the proxy."""
    return [replace(program, url=web.url).get("account") for web in running.webs]


def workers_of(running: Site, image_ids: list[str]) -> set[int]:
    """Return the numbers of the workers that generated these images."""
    return {
        n
        for n, worker in enumerate(running.workers)
        for image_id in image_ids
        if f"image {image_id}: " in worker.log_text
    }


def test_a_call_in_any_process_returns_the_image_of_any_worker(running: Site, key: str) -> None:
    agent = Agent(running.url, key)
    with ThreadPoolExecutor(COUNT) as clients:
        responses = list(
            clients.map(lambda _: agent.send(tool_call("getimages_generate_image", ARGUMENTS)), range(COUNT))
        )
    results = [messages(response)[-1]["result"] for response in responses]
    assert [result["structuredContent"]["status"] for result in results] == ["succeeded"] * COUNT
    assert len({response.headers["x-answered-by"] for response in responses}) == COUNT
    assert len(workers_of(running, [result["structuredContent"]["id"] for result in results])) > 1


def test_progress_arrives_during_the_generation(running: Site, key: str) -> None:
    call = tool_call("getimages_generate_image", {**ARGUMENTS, "prompt": "[sandbox:slow=2] a lake"}, progressToken=1)
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json, text/event-stream"}
    with httpx2.stream("POST", f"{running.url}/api/mcp", json=call, headers=headers, timeout=60) as response:
        lines = (line for line in response.iter_lines() if line.startswith("data: "))
        assert "notifications/progress" in next(lines)
        assert Image.objects.filter(finished_at=None, user__api_keys__last_four=key[-4:]).exists()
        assert "imageUrl" in list(lines)[-1]


def test_the_rate_limit_is_shared_by_all_processes(running: Site, program: Program) -> None:
    responses = [program.get("account") for _ in range(RATE_LIMIT_PER_MINUTE)]
    assert {response.status_code for response in responses} == {200}
    assert len({response.headers["x-answered-by"] for response in responses}) == COUNT
    assert [status_and_code(response) for response in at_each(running, program)] == [(429, "rate_limited")] * COUNT


def test_a_revoked_key_is_refused_by_every_process_at_once(running: Site, user: User, program: Program) -> None:
    assert [response.status_code for response in at_each(running, program)] == [200] * COUNT
    api_keys.revoke(ApiKey.objects.get(user=user))
    assert [status_and_code(response) for response in at_each(running, program)] == [(401, "revoked_key")] * COUNT


def test_open_pages_of_every_process_are_notified_of_an_image(running: Site, user: User, program: Program) -> None:
    session, urls = session_of(user), [running.url, *(web.url for web in running.webs)]
    with ExitStack() as opened:
        pages = [opened.enter_context(page(url, session, origin=running.url)) for url in urls]
        for socket_ in pages:
            wait_until_listening(socket_, user)
        image_id = program.queue().json()["id"]
        for socket_ in pages:
            while image_id not in str(socket_.recv(RECEIVE_TIMEOUT_SECONDS)):
                pass


def test_a_session_is_valid_in_every_process(running: Site, user: User) -> None:
    verified_user(user)
    with httpx2.Client(base_url=running.url, follow_redirects=True, timeout=60) as browser:
        sign(browser, "/accounts/login/", login=user.email, password=PASSWORD)
        while_signed_in = [browser.get(f"{web.url}/dashboard/") for web in running.webs]
        sign(browser, "/accounts/logout/")
        after_sign_out = [browser.get(f"{web.url}/dashboard/") for web in running.webs]
    assert [response.url.path for response in while_signed_in] == ["/dashboard/"] * COUNT
    assert [response.url.path for response in after_sign_out] == ["/accounts/login/"] * COUNT


def sign(browser: httpx2.Client, path: str, **fields: str) -> None:
    browser.get("/accounts/login/")
    form = {"csrfmiddlewaretoken": browser.cookies["csrftoken"], **fields}
    browser.post(path, data=form, headers={"Origin": str(browser.base_url).rstrip("/")}).raise_for_status()


def test_a_link_returns_the_stored_picture_from_every_process(running: Site, program: Program) -> None:
    image = program.create().json()
    stored = running.stored(Image.objects.get(pk=image["id"]).picture_name)
    path = image["imageUrl"].removeprefix(running.url)
    for url in (running.url, *(web.url for web in running.webs)):
        assert httpx2.get(url + path).content == stored
    part = httpx2.get(image["imageUrl"], headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, stored[10:20])
    assert httpx2.head(image["imageUrl"]).headers["content-length"] == str(len(stored))


def test_one_idempotency_key_creates_one_image_in_three_processes(running: Site, user: User, program: Program) -> None:
    once = {"Idempotency-Key": uuid.uuid4().hex}
    with ThreadPoolExecutor(COUNT) as clients:
        responses = clients.map(lambda web: replace(program, url=web.url).queue(headers=once).json(), running.webs)
        assert len({image["id"] for image in responses}) == 1
    assert Image.objects.filter(user=user).count() == 1


@pytest.mark.parametrize(
    ("size", "media_type"), [(1024 * 1024 + 1, "application/json"), (3 * 1024 * 1024, "text/html")]
)
def test_a_large_body_is_rejected_by_the_service_and_a_huge_one_by_nginx(
    running: Site, key: str, size: int, media_type: str
) -> None:
    response = Agent(running.url, key).request(content=b" " * size)
    assert (response.status_code, response.headers["content-type"]) == (413, media_type)


def test_large_headers_are_rejected_and_slow_clients_block_no_others(running: Site, key: str) -> None:
    agent, address = Agent(running.url, key), urlsplit(running.url)
    assert agent.send(request("ping"), headers={"X-Large": "x" * 20_000}).status_code == 400
    unfinished = ["POST /api/mcp HT", "POST /api/mcp HTTP/1.1\r\nHost: slow\r\nContent-Length: 1000\r\n\r\n{"]
    with ExitStack() as opened:
        for data in unfinished * SLOW_CLIENTS:
            slow = opened.enter_context(socket.create_connection((address.hostname, address.port)))
            slow.sendall(data.encode())
        assert [agent.send(request("ping")).status_code for _ in range(COUNT)] == [200] * COUNT


def test_the_client_address_is_the_one_that_the_proxy_sees(running: Site, user: User, key: str) -> None:
    # Every address in 127/8 is local. A client with the default address could not be distinguished from nginx.
    with httpx2.Client(transport=httpx2.HTTPTransport(local_address="127.0.0.2")) as http:
        Program(running.url, key, http).get("account", headers={"X-Forwarded-For": "203.0.113.9"})
    assert ApiKey.objects.get(user=user).last_used_address == "127.0.0.2"


def test_files_with_a_hash_in_their_name_are_cached_forever(running: Site) -> None:
    folder = running.folder / "static/css"
    folder.mkdir(parents=True)
    for name in ("here.css", "here.0123456789ab.css"):
        (folder / name).write_text("p {}")
    responses = [httpx2.get(f"{running.url}/static/css/{name}") for name in ("here.css", "here.0123456789ab.css")]
    assert [response.headers["cache-control"] for response in responses] == [
        "public, max-age=300",
        "public, max-age=31536000, immutable",
    ]
    assert httpx2.get(f"{running.url}/static/css/tokens.css").headers["x-answered-by"]


def test_metrics_are_not_public(running: Site) -> None:
    assert httpx2.get(f"{running.url}/metrics").status_code == 404


def test_the_access_log_contains_no_query_and_no_link(running: Site) -> None:
    httpx2.get(f"{running.url}/pricing?secret=1", headers={"Referer": f"{running.url}/i/secret"})
    httpx2.get(f"{running.url}/i/secret")
    assert '"path":"/pricing"' in running.access_log
    assert '"path":"/i/..."' in running.access_log
    assert "secret" not in running.access_log
