"""The official clients request the confirmation of a price: one charge after acceptance, and none otherwise."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import mcp_types as types
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from accounts import api_keys
from accounts.models import User
from billing.models import LedgerEntry
from tests.clients.service import CLIENT_TIMEOUT_SECONDS, NODE, run
from tests.factories import MODEL
from tests.web_server import Server

pytestmark = pytest.mark.django_db(transaction=True)

ARGUMENTS = {"prompt": "a lake", "modelId": MODEL, "waitSeconds": 0}
CONFIRMED = {**ARGUMENTS, "confirmCredits": 5}
QUESTION = f"Pay 5 credits for an image with {MODEL}? Your balance is 100 credits."


@pytest.fixture
def key(alice: User) -> str:
    """The secret of a key whose images need a confirmation."""
    return api_keys.create(alice, name="Limited", confirm_above=4)[1]


def charges() -> int:
    return LedgerEntry.objects.filter(type="generation").count()


async def generate(
    url: str, key: str, mode: str, action: str, arguments: dict[str, Any]
) -> tuple[types.CallToolResult | None, list[str]]:
    """Call the tool with the Python SDK; the result is None if the user never responds and the client gives up."""
    questions, given_up = [], asyncio.Event()

    async def respond(context: Any, params: types.ElicitRequestParams) -> types.ElicitResult | types.ErrorData:
        questions.append(params.message)
        if action == "never":
            given_up.set()
            await asyncio.Event().wait()
        return types.ElicitResult(action=action)  # type: ignore[arg-type]

    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=CLIENT_TIMEOUT_SECONDS) as http:
        transport = streamable_http_client(f"{url}/api/mcp", http_client=http, max_sse_event_size=None)
        callback = None if action == "unsupported" else respond
        async with Client(transport, mode=mode, elicitation_callback=callback) as client:
            call = asyncio.create_task(client.call_tool("getimages_generate_image", arguments))
            waits = {call, asyncio.create_task(given_up.wait())}
            _, unfinished = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in unfinished:
                wait.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)
            return None if call in unfinished else call.result(), questions


def error_code(result: types.CallToolResult | None) -> str:
    assert result is not None
    assert result.meta is not None
    return str(result.meta["getimages/error"]["code"])


@pytest.mark.parametrize(
    ("mode", "action"),
    [
        ("2026-07-28", "accept"),
        ("2026-07-28", "decline"),
        ("2026-07-28", "cancel"),
        ("2026-07-28", "never"),
        ("2026-07-28", "unsupported"),
        ("legacy", "accept"),
    ],
)
def test_the_python_sdk(server: Server, key: str, mode: str, action: str) -> None:
    result, questions = asyncio.run(generate(server.url, key, mode, action, ARGUMENTS))
    assert questions == ([QUESTION] if mode != "legacy" and action != "unsupported" else [])
    if mode != "legacy" and action == "accept":
        assert result is not None
        assert (result.is_error, charges()) == (False, 1)
        return
    assert charges() == 0
    if action == "never":
        assert result is None
        return
    assert error_code(result) == "confirmation_required"
    confirmed, _ = asyncio.run(generate(server.url, key, mode, action, CONFIRMED))
    assert confirmed is not None
    assert (confirmed.is_error, charges()) == (False, 1)


@pytest.mark.needs_node
@pytest.mark.parametrize(
    ("era", "action"),
    [
        ("2026-07-28", "accept"),
        ("2026-07-28", "decline"),
        ("2026-07-28", "never"),
        ("2026-07-28", "unsupported"),
        ("handshake", "accept"),
    ],
)
def test_the_typescript_sdk(server: Server, key: str, era: str, action: str) -> None:
    program = Path(__file__).with_name("typescript_consent.mjs")

    def generated(arguments: dict[str, Any]) -> dict[str, Any]:
        variables = {"KEY": key, "ARGUMENTS": json.dumps(arguments)}
        command = ("node", program, f"{server.url}/api/mcp", era, action)
        output: dict[str, Any] = json.loads(run(*command, folder=NODE / "clients", **variables))
        return output

    output = generated(ARGUMENTS)
    is_asked = era != "handshake" and action != "unsupported"
    assert [request["message"] for request in output["requests"]] == ([QUESTION] if is_asked else [])
    if is_asked and action == "accept":
        assert (output["result"]["isError"], charges()) == (False, 1)
        return
    assert charges() == 0
    if action == "never":
        assert output["result"] is None
        return
    assert output["result"]["_meta"]["getimages/error"]["code"] == "confirmation_required"
    assert (generated(CONFIRMED)["result"]["isError"], charges()) == (False, 1)
