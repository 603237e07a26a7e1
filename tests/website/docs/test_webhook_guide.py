"""The page `/docs/webhooks`, and its receivers, which run and verify real deliveries."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from images.models import WebhookEndpoint
from images.webhooks import endpoints
from tests.clients.service import NODE
from tests.concurrency import eventually
from tests.factories import caller_of, create_webhook
from tests.images.webhooks.steps import send_next
from tests.rendered import words
from tests.website.docs.samples import code_blocks, program
from website.templatetags.code_blocks import snippet_text

pytestmark = pytest.mark.django_db

FOLDER = "website/docs/webhooks/snippets"
FILES = sorted(path.name for path in (settings.BASE_DIR / "templates" / FOLDER).iterdir())

Start = Callable[..., tuple[Path, WebhookEndpoint]]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture
def start(alice: User, tmp_path: Path, settings: Any) -> Iterator[Start]:
    """Run a receiver of the page, and return its output file and the endpoint whose secret it has."""
    settings.OUTBOUND_ALLOW_LOOPBACK = True
    processes = []

    def start_receiver(name: str, command: str) -> tuple[Path, WebhookEndpoint]:
        port, file, output = free_port(), tmp_path / name, tmp_path / "output"
        file.write_text(snippet_text(f"{FOLDER}/{name}", settings.SITE_URL))
        endpoint, secret = create_webhook(alice, f"http://127.0.0.1:{port}/hooks")
        variables = {"PATH": os.environ["PATH"], "PORT": str(port), "GET_IMAGES_WEBHOOK_SECRET": secret}
        with output.open("wb") as stream:
            processes.append(
                subprocess.Popen([command, file], cwd=tmp_path, env=variables, stdout=stream, stderr=subprocess.STDOUT)
            )
        eventually(lambda: accepts(port))
        return output, endpoint

    yield start_receiver
    for process in processes:
        process.kill()
        process.wait()


def check(alice: User, output: Path, endpoint: WebhookEndpoint) -> None:
    """Send events to a receiver: one that it accepts, also after a rotation, and one with another secret."""
    delivery = endpoints.send_test(caller_of(alice), endpoint.pk)
    assert send_next(endpoint).status == 204
    endpoints.rotate(caller_of(alice), endpoint.pk)
    endpoints.send_test(caller_of(alice), endpoint.pk)
    assert send_next(endpoint).status == 204
    WebhookEndpoint.objects.update(previous_secret="", previous_secret_expires_at=None)
    endpoints.send_test(caller_of(alice), endpoint.pk)
    assert send_next(endpoint).status == 400
    eventually(lambda: output.read_text().count("webhook.test") == 2)
    assert str(delivery.pk) in output.read_text()


def test_the_python_receiver_verifies_deliveries(alice: User, start: Start) -> None:
    check(alice, *start("receive.py", sys.executable))


@pytest.mark.needs_node
def test_the_javascript_receiver_verifies_deliveries(alice: User, start: Start, tmp_path: Path) -> None:
    installed = NODE / "clients/node_modules"
    if not (installed / "standardwebhooks").exists():
        (pytest.fail if os.environ.get("REQUIRE_NODE") else pytest.skip)("`make node` installs standardwebhooks")
    (tmp_path / "node_modules").symlink_to(installed)
    check(alice, *start("receive.mjs", program("node")))


@pytest.mark.parametrize("name", FILES)
def test_the_page_shows_the_tested_sample(client: Client, name: str) -> None:
    assert snippet_text(f"{FOLDER}/{name}", settings.SITE_URL) in code_blocks(client.get("/docs/webhooks").text)


def test_the_page_shows_an_event_without_prompt_and_link(client: Client) -> None:
    blocks = code_blocks(client.get("/docs/webhooks").text)
    (example,) = [block for block in blocks if '"type": "image.succeeded"' in block]
    assert '"credits"' in example
    assert "prompt" not in example
    assert "imageUrl" not in example


def test_the_page_says_that_events_repeat_and_have_no_order(client: Client) -> None:
    page = words(client.get("/docs/webhooks"))
    assert "An event may arrive more than once." in page
    assert "Events may arrive in any order." in page


@pytest.mark.parametrize("path", ["/docs/api", "/llms.txt"])
def test_other_documents_link_to_the_page(client: Client, path: str) -> None:
    assert "/docs/webhooks" in client.get(path).text
