"""Processes come and go under load, as in a deploy or an accident: nobody notices, and the books are right."""

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
def _books(running: Site) -> Iterator[None]:
    yield
    assert list(audit.breaches()) == []


@contextmanager
def busy(call: Callable[[], object]) -> Iterator[list[object]]:
    """Let several callers call without a pause while the block lasts; the list says what each call brought."""
    ended, brought = threading.Event(), list[object]()

    def go_on() -> None:
        while not ended.is_set():
            brought.append(call())

    with ThreadPoolExecutor(CALLERS) as callers:
        going = [callers.submit(go_on) for _ in range(CALLERS)]
        try:
            yield brought
        finally:
            ended.set()
        for each in going:
            each.result()


def status(running: Site) -> Callable[[], object]:
    """Return a call, with a key that no limit has met yet, which says what status it was answered with."""
    keys = itertools.cycle(_keys(40))

    def call() -> object:
        message = tool_call("getimages_get_account", {})
        headers = {"Authorization": f"Bearer {next(keys)}", "Accept": "application/json"}
        answer = httpx2.post(f"{running.url}/api/mcp", json=message, headers=headers, timeout=60)
        return 200 if "rate_limited" in answer.text else answer.status_code

    return call


def _keys(count: int) -> list[str]:
    return [api_keys.create(create_user(f"{uuid.uuid4().hex}@example.com"), name="x")[1] for _ in range(count)]


def renew(web: Web, **changed: str) -> int:
    """End a web process, begin it anew, and return with what status it ended."""
    status = web.end(signal.SIGTERM)
    web.start(**changed)
    eventually(web.is_ready)
    return status


def _more_than(brought: list[object], count: int) -> None:
    eventually(lambda: len(brought) > count)


def test_no_call_fails_while_every_web_process_is_replaced(running: Site) -> None:
    with busy(status(running)) as brought:
        for web in running.webs:
            seen = len(brought)
            assert renew(web) in (0, -signal.SIGTERM)
            _more_than(brought, seen + 10)
    assert set(brought) == {200}


def test_a_call_that_waits_in_a_process_that_ends_is_answered_with_what_there_is(running: Site, key: str) -> None:
    agent = Agent(running.url, key)
    wish = {"prompt": "[sandbox:slow=20] a lake", "modelId": MODEL}
    with ThreadPoolExecutor(1) as clients:
        waiting = clients.submit(agent.send, tool_call("getimages_generate_image", wish))
        eventually(Image.objects.filter(prompt=wish["prompt"]).exists)
        for web in running.webs:
            renew(web)
        facts = messages(waiting.result())[-1]["result"]["structuredContent"]
    assert facts["status"] in ("queued", "running")
    eventually(Image.objects.filter(pk=facts["id"], status="succeeded").exists)


def test_links_open_everywhere_while_the_secret_key_is_changed(running: Site, program: Program) -> None:
    old, new = settings.SECRET_KEY, "a new key"
    image_id = program.create().json()["id"]
    # First every process learns the new key, then each signs with it: docs/operating.md.
    for step in ((old, new), (new, old)):
        for web in running.webs:
            renew(web, SECRET_KEY=step[0], SECRET_KEY_FALLBACKS=step[1])
            shown = [replace(program, url=each.url).get(f"images/{image_id}").json() for each in running.webs]
            paths = [each["imageUrl"].removeprefix(running.url) for each in shown]
            opened = {httpx2.get(each.url + path).status_code for each in running.webs for path in paths}
            assert opened == {200}


def test_what_killed_workers_were_making_is_made_by_others(running: Site, user: User, program: Program) -> None:
    for _ in range(COUNT):
        program.queue("[sandbox:slow=3] a lake")
    eventually(lambda: Image.objects.filter(user=user, status="running").count() == COUNT)
    for worker in running.workers[1:]:
        worker.end(signal.SIGKILL)
    eventually(lambda: Image.objects.filter(user=user, status="succeeded").count() == COUNT)
    for worker in running.workers[1:]:
        worker.start()


def test_whoever_asks_a_killed_web_process_is_answered_when_it_is_back(running: Site) -> None:
    call, killed = status(running), running.webs[0]
    killed.end(signal.SIGKILL)
    with ThreadPoolExecutor(CALLERS) as callers:
        answers = [callers.submit(call) for _ in range(4 * COUNT)]
        killed.start()
        assert {answer.result() for answer in answers} == {200}


def test_no_more_is_spent_than_there_is_whichever_process_is_asked(running: Site) -> None:
    poor = create_user("poor@example.com", credits=20)
    keys = [api_keys.create(poor, name=f"{n}")[1] for n in range(COUNT)]
    with ThreadPoolExecutor(COUNT * CALLERS) as clients, httpx2.Client(timeout=60) as http:
        asked = [(web.url, key) for web, key in zip(running.webs, keys, strict=True)] * CALLERS
        answers = list(clients.map(lambda at: Program(at[0], at[1], http).queue().status_code, asked))
    assert sorted(answers) == [202] * 4 + [402] * (len(asked) - 4)
