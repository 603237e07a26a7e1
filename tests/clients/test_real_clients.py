"""Client libraries against the running service, in both eras: each lists the tools and calls all six."""

import asyncio
import base64
import io
import json
import sys
from pathlib import Path
from typing import Any, Literal

import fastmcp
import httpx2
import mcp_types as types
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from PIL import Image

from mcp_gateway.tools.declarations import TOOLS
from tests.clients.service import CLIENT_TIMEOUT_SECONDS, NODE, Access, run

# The test itself leaves the database alone, but without the mark there would be none.
pytestmark = pytest.mark.django_db

WISH = {"prompt": "a lake", "modelId": "openai:gpt-image-2"}
READERS = ["getimages_list_images", "getimages_get_account", "getimages_list_usage", "getimages_list_models"]


def facts_of(result: types.CallToolResult) -> dict[str, Any]:
    assert not result.is_error, result
    facts: dict[str, Any] = result.structured_content
    return facts


def picture_in(content: list[Any]) -> types.ImageContent:
    (picture,) = (block for block in content if isinstance(block, types.ImageContent))
    return picture


def media_type(data: str) -> str | None:
    """Return what kind of picture these bytes are, whatever they are said to be."""
    return Image.open(io.BytesIO(base64.b64decode(data))).get_format_mimetype()


@pytest.mark.parametrize(("mode", "version"), [("legacy", "2025-11-25"), ("2026-07-28",) * 2, ("auto", "2026-07-28")])
async def test_pythons_sdk_calls_every_tool(access: Access, mode: str, version: str) -> None:
    headers, notes = {"Authorization": f"Bearer {access.key}"}, []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        notes.append(message)

    async with httpx2.AsyncClient(headers=headers, timeout=CLIENT_TIMEOUT_SECONDS) as http:
        transport = streamable_http_client(access.url, http_client=http, max_sse_event_size=None)
        async with Client(transport, mode=mode) as client:
            assert client.protocol_version == version
            assert {tool.name for tool in (await client.list_tools()).tools} == set(TOOLS)
            made = await client.call_tool("getimages_generate_image", WISH, progress_callback=note)
            again = {"id": facts_of(made)["id"], "includeBytes": True}
            got = await client.call_tool("getimages_get_image", again)
            read = {tool: facts_of(await client.call_tool(tool, {})) for tool in READERS}
    assert notes
    assert picture_in(made.content) == picture_in(got.content)
    assert (
        facts_of(made)["mediaType"] == picture_in(made.content).mime_type == media_type(picture_in(made.content).data)
    )
    assert read["getimages_list_images"]["images"][0]["id"] == facts_of(made)["id"]
    assert read["getimages_get_account"]["creditBalance"] == facts_of(made)["credits"]["remaining"]


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_fastmcps_client_calls_every_tool(access: Access, mode: Literal["legacy", "auto"]) -> None:
    async with fastmcp.Client(access.url, auth=access.key, mode=mode) as client:
        assert {tool.name for tool in await client.list_tools()} == set(TOOLS)
        made = await client.call_tool("getimages_generate_image", WISH)
        got = await client.call_tool("getimages_get_image", {"id": made.structured_content["id"], "includeBytes": True})
        assert not any([(await client.call_tool(tool, {})).is_error for tool in READERS])
    assert picture_in(made.content) == picture_in(got.content)


async def test_fastmcps_command_line_lists_and_calls(access: Access, tmp_path: Path) -> None:
    program, key = Path(sys.executable).with_name("fastmcp"), ["--auth", access.key, "--json"]
    wish = ["getimages_generate_image", *(f"{name}={value}" for name, value in WISH.items())]
    listed, made = await asyncio.gather(
        asyncio.to_thread(run, program, "list", access.url, *key, folder=tmp_path),
        asyncio.to_thread(run, program, "call", access.url, *wish, *key, folder=tmp_path),
    )
    assert {tool["name"] for tool in json.loads(listed)["tools"]} == set(TOOLS)
    assert json.loads(made)["structured_content"]["status"] == "succeeded"


@pytest.mark.needs_node
@pytest.mark.parametrize("era", ["handshake", "2026-07-28"])
def test_typescripts_sdk_calls_every_tool(access: Access, era: str) -> None:
    program = Path(__file__).with_name("typescript_client.mjs")
    said = json.loads(run("node", program, access.url, era, folder=NODE / "clients", KEY=access.key))
    assert set(said["tools"]) == set(said["results"]) == set(TOOLS)
    assert not any(result["isError"] for result in said["results"].values())
    made, got = (said["results"][tool] for tool in ("getimages_generate_image", "getimages_get_image"))
    assert made["content"][0] == got["content"][0]
    assert made["content"][0]["mimeType"] == media_type(made["content"][0]["data"])
    assert all(made["structuredContent"]["id"] in message for message in said["progress"])
    assert said["progress"]
