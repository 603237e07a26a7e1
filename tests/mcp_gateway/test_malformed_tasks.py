"""500 malformed requests of each method of tasks, and of calls with responses and states, reveal nothing."""

import asyncio
import json
import random
import uuid
from typing import Any, Final

import pytest
from mcp.server.connection import Connection
from mcp_types import JSONRPCRequest

from accounts.models import User
from images.listener import listener
from infrastructure import database
from mcp_gateway.client_features import TASKS_EXTENSION
from mcp_gateway.server import SERVICE
from mcp_gateway.transport import dispatch
from mcp_gateway.transport.http import Request
from mcp_gateway.transport.stream import ResponseStream
from tests.factories import caller_of, finished_image
from tests.mcp_gateway.agent import ENVELOPE, MODEL
from tests.mcp_gateway.test_malformed import INTERNALS

pytestmark = pytest.mark.django_db(transaction=True)

REQUESTS: Final = 500
SECRET_PROMPT: Final = "Bob's secret plan"
CAPABILITIES: Final[dict[str, Any]] = {"elicitation": {"form": {}, "url": {}}, "extensions": {TASKS_EXTENSION: {}}}
METHODS: Final = ("tasks/get", "tasks/update", "tasks/cancel", "subscriptions/listen", "tools/call")
TEXTS: Final = (
    "",
    "x",
    "\0",
    "\ud83d",
    "{%",
    "'; --",
    "🦊" * 40,
    "v1.AAAA",
    "../..",
    "getimages_generate_image",
    MODEL,
)
NAMES: Final = (
    *("taskId", "taskIds", "notifications", "inputResponses", "requestState", "name", "arguments", "prompt", "modelId"),
    *("action", "content", "price", "purchase", "_meta"),
)


class Generator:
    """Random JSON values, some of them the id of another user's image."""

    def __init__(self, seed: int, image_id: uuid.UUID) -> None:
        self._random = random.Random(seed)  # noqa: S311
        self._texts = (*TEXTS, str(image_id), str(image_id).upper(), str(image_id)[:-1])

    def value(self, depth: int = 3) -> Any:
        kind = self._random.randrange(9 if depth else 7)
        if kind < 4:
            return self._random.choice(self._texts)
        if kind < 7:
            return self._random.choice((None, True, 0, -1, 2**63, 1.5, 10**300, []))
        if kind == 7:
            return [self.value(depth - 1) for _ in range(self._random.randrange(4))]
        return self.object(depth - 1)

    def object(self, depth: int = 3) -> dict[str, Any]:
        return {self._random.choice(NAMES): self.value(depth) for _ in range(self._random.randrange(5))}

    def parameters(self, method: str) -> dict[str, Any]:
        """Return parameters that often have the form of valid ones."""
        likely: dict[str, Any] = {"taskId": self.value(0), "inputResponses": self.value()}
        if method == "subscriptions/listen":
            likely = {"notifications": self._random.choice(({"taskIds": self.value()}, self.value()))}
        if method == "tools/call":
            likely = {"name": "getimages_generate_image", "arguments": self.value(), "requestState": self.value()}
            likely["inputResponses"] = {"price": self.value()}
        return {**self.object(), **{name: value for name, value in likely.items() if self._random.random() < 0.9}}


async def respond(message: dict[str, Any], user: User) -> str:
    """Return the body of the response to one request, without HTTP and authentication."""
    sent: list[bytes] = []

    async def send(event: Any) -> None:
        sent.append(event.get("body", b""))

    async def receive() -> Any:
        await asyncio.Event().wait()

    headers = {"accept": "application/json, text/event-stream"}
    stream = ResponseStream(Request("POST", headers, list(headers.items()), None), send, [])
    connection = Connection.from_envelope("2026-07-28", None, CAPABILITIES)
    request = JSONRPCRequest.model_validate(message)
    await dispatch.handle_request(SERVICE, request, connection, caller_of(user), stream=stream, receive=receive)
    return b"".join(sent).decode()


@pytest.mark.parametrize("method", METHODS)
def test_malformed_requests_reveal_nothing(method: str, alice: User, bob: User) -> None:
    image = finished_image(bob, SECRET_PROMPT)

    async def run() -> None:
        generator = Generator(METHODS.index(method), image.id)
        try:
            for _ in range(REQUESTS):
                parameters = generator.parameters(method)
                meta = {**ENVELOPE, "io.modelcontextprotocol/clientCapabilities": CAPABILITIES}
                message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**parameters, "_meta": meta}}
                body, sent = await respond(message, alice), json.dumps(message)
                assert '"code":-32603' not in body, message
                assert not [
                    found for found in (*INTERNALS.findall(body), SECRET_PROMPT) if found in body and found not in sent
                ]
        finally:
            await listener().close()
            await database.close()

    asyncio.run(run())
    image.refresh_from_db()
    assert image.status == "succeeded"
