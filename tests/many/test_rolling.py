"""Processes are replaced and killed under load: no call fails, and the ledger is right afterwards."""

import itertools
import signal
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import httpx2
import pytest
from django.conf import settings

from accounts import api_keys
from accounts.models import User
from images import audit
from images.models import Image
from tests.api.program import Program
from tests.concurrency import eventually
from tests.factories import create_user
from tests.many.processes import COUNT, Site, Web
from tests.mcp_gateway.agent import MODEL, Agent, messages, tool_call

pytestmark = [pytest.mark.django_db, pytest.mark.many]

CALLERS = 4


@pytest.fixture(autouse=True)
def _ledger_is_right(running: Site) -> Iterator[None]:
    yield
    assert list(audit.breaches()) == []


@contextmanager
def under_load(call: Callable[[], object]) -> Iterator[list[object]]:
    """Let several callers call without a pause while the block lasts; the list contains the results."""
    stopping, results = threading.Event(), list[object]()

    def call_repeatedly() -> None:
        while not stopping.is_set():
            results.append(call())

    with ThreadPoolExecutor(CALLERS) as callers:
        futures = [callers.submit(call_repeatedly) for _ in range(CALLERS)]
        try:
            yield results
        finally:
            stopping.set()
        for future in futures:
            future.result()


def status(running: Site) -> Callable[[], object]:
    """Return a function that calls a tool, with the next of many keys, and returns the HTTP status."""
    keys = itertools.cycle(_keys(40))

    def call() -> object:
        message = tool_call("getimages_get_account", {})
        headers = {"Authorization": f"Bearer {next(keys)}", "Accept": "application/json"}
        response = httpx2.post(f"{running.url}/api/mcp", json=message, headers=headers, timeout=60)
        return 200 if "rate_limited" in response.text else response.status_code

    return call


def _keys(count: int) -> list[str]:
    return [api_keys.create(create_user(f"{uuid.uuid4().hex}@example.com"), name="x")[1] for _ in range(count)]


def restart(web: Web, **variables: str) -> int:
    """Restart a web process with these variables, and return the exit status of the previous one."""
    status = web.end(signal.SIGTERM)
    web.start(**variables)
    eventually(web.is_ready)
    return status


def _wait_for_more_than(results: list[object], count: int) -> None:
    eventually(lambda: len(results) > count)


def test_no_call_fails_while_every_web_process_is_replaced(running: Site) -> None:
    with under_load(status(running)) as results:
        for web in running.webs:
            count = len(results)
            assert restart(web) in (0, -signal.SIGTERM)
            _wait_for_more_than(results, count + 10)
    assert set(results) == {200}


def test_a_call_that_waits_in_a_process_that_ends_returns_the_current_status(running: Site, key: str) -> None:
    agent = Agent(running.url, key)
    arguments = {"prompt": "[sandbox:slow=20] a lake", "modelId": MODEL}
    with ThreadPoolExecutor(1) as clients:
        waiting = clients.submit(agent.send, tool_call("getimages_generate_image", arguments))
        eventually(Image.objects.filter(prompt=arguments["prompt"]).exists)
        for web in running.webs:
            restart(web)
        content = messages(waiting.result())[-1]["result"]["structuredContent"]
    assert content["status"] in ("queued", "running")
    eventually(Image.objects.filter(pk=content["id"], status="succeeded").exists)


def test_links_are_valid_everywhere_while_the_secret_key_is_changed(running: Site, program: Program) -> None:
    old, new = settings.SECRET_KEY, "a new key"
    image_id = program.create().json()["id"]
    # First every process accepts the new key, then every process signs with it, as in docs/operating.md.
    for step in ((old, new), (new, old)):
        for web in running.webs:
            restart(web, SECRET_KEY=step[0], SECRET_KEY_FALLBACKS=step[1])
            images = [replace(program, url=web.url).get(f"images/{image_id}").json() for web in running.webs]
            paths = [image["imageUrl"].removeprefix(running.url) for image in images]
            statuses = {httpx2.get(web.url + path).status_code for web in running.webs for path in paths}
            assert statuses == {200}


def test_images_of_killed_workers_are_generated_by_others(running: Site, user: User, program: Program) -> None:
    for _ in range(COUNT):
        program.queue("[sandbox:slow=3] a lake")
    eventually(lambda: Image.objects.filter(user=user, status="running").count() == COUNT)
    for worker in running.workers[1:]:
        worker.end(signal.SIGKILL)
    eventually(lambda: Image.objects.filter(user=user, status="succeeded").count() == COUNT)
    for worker in running.workers[1:]:
        worker.start()


def test_calls_to_a_killed_web_process_are_answered_after_its_restart(running: Site) -> None:
    call, killed = status(running), running.webs[0]
    killed.end(signal.SIGKILL)
    with ThreadPoolExecutor(CALLERS) as callers:
        responses = [callers.submit(call) for _ in range(4 * COUNT)]
        killed.start()
        assert {response.result() for response in responses} == {200}


def test_concurrent_requests_to_all_processes_spend_no_more_than_the_balance(running: Site) -> None:
    poor = create_user("poor@example.com", credits=20)
    keys = [api_keys.create(poor, name=f"{n}")[1] for n in range(COUNT)]
    with ThreadPoolExecutor(COUNT * CALLERS) as clients, httpx2.Client(timeout=60) as http:
        targets = [(web.url, key) for web, key in zip(running.webs, keys, strict=True)] * CALLERS
        statuses = list(clients.map(lambda target: Program(target[0], target[1], http).queue().status_code, targets))
    assert sorted(statuses) == [202] * 4 + [402] * (len(targets) - 4)
