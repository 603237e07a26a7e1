"""Malformed requests for resources, prompts and completions: protocol errors, and no leak."""

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any, Final

import pytest

from accounts.authentication import Caller
from accounts.models import User
from infrastructure import database
from mcp_gateway import resources
from mcp_gateway.prompts import methods as prompts
from tests.factories import caller_of, finished_image
from tests.mcp_gateway import in_process
from tests.mcp_gateway.in_process import Response
from tests.mcp_gateway.test_malformed import INTERNALS

pytestmark = pytest.mark.django_db(transaction=True)

REQUESTS_PER_METHOD: Final = 500
METHODS: Final = (*resources.METHODS, *prompts.METHODS)
VERSIONS: Final = ("2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28")
NAMES: Final = ("cursor", "uri", "name", "arguments", "ref", "argument", "context", "_meta", "type", "value", "imageId")
TEXTS: Final = (
    "", "\0", "\ud800", "x" * 5000, "'; DROP TABLE images_image; --", "../../etc/passwd", "file:///etc/passwd", "{id}",
    "getimages://images/", "getimages://images/{id}", "getimages://images/00000000-0000-4000-8000-000000000000",
    "edit-image", "product-photo", "ref/prompt", "ref/resource", "imageId", "MDAwMS0wMS0wMVQwMDowMDowMCsyMzo1OS94",
)  # fmt: skip


def anything(chooser: random.Random, depth: int = 0) -> Any:
    """Return a random JSON value."""
    plain: list[Callable[[], Any]] = [
        lambda: chooser.choice(TEXTS),
        lambda: chooser.choice([None, True, False, 0, -1, 2**70, 1.5]),
    ]
    nested: list[Callable[[], Any]] = [
        lambda: [anything(chooser, depth + 1) for _ in range(chooser.randint(0, 3))],
        lambda: {chooser.choice(NAMES): anything(chooser, depth + 1) for _ in range(chooser.randint(0, 4))},
    ]
    return chooser.choice(plain if depth > 3 else [*plain, *nested])()


def nearly_valid(chooser: random.Random, method: str) -> Any:
    """Return parameters in which at most one value has the wrong type or meaning."""
    text = chooser.choice(TEXTS)
    return {
        "resources/list": {"cursor": text},
        "resources/read": {"uri": text},
        "prompts/get": {"name": "edit-image", "arguments": {"imageId": text, chooser.choice(NAMES): text}},
        "completion/complete": {
            "ref": chooser.choice([{"type": "ref/prompt", "name": text}, {"type": "ref/resource", "uri": text}]),
            "argument": {"name": chooser.choice(["id", text]), "value": text},
        },
    }.get(method, {"cursor": anything(chooser)})


def check(response: Response, sent: str, secrets: list[str]) -> None:
    text = response.body.decode()
    message = json.loads(text)
    assert response.status < 500, text
    assert message.get("error", {}).get("code") != -32603, (sent, text)
    assert not [secret for secret in secrets if secret in text], (sent, text)
    assert not [match for match in INTERNALS.findall(text) if match not in sent], (sent, text)
    if response.status == 200:
        assert ("result" in message) is not ("error" in message)


async def send_all(caller: Caller, secrets: list[str]) -> None:
    chooser = random.Random(19)  # noqa: S311 - not a secret
    for method in METHODS:
        for number in range(REQUESTS_PER_METHOD):
            parameters = anything(chooser) if number % 2 else nearly_valid(chooser, method)
            response = await in_process.send(caller, method, parameters, version=VERSIONS[number % len(VERSIONS)])
            check(response, json.dumps(parameters), secrets)
    await database.close()


def test_malformed_requests_are_protocol_errors_and_leak_nothing(alice: User, bob: User) -> None:
    bobs = finished_image(bob, "Bob's own prompt")
    secrets = [str(bobs.id), bobs.prompt, bob.email, str(bob.id), str(alice.id)]
    asyncio.run(send_all(caller_of(alice), secrets))
