"""Client libraries against the running service, in old and new protocol versions: each calls all six tools."""

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

# The tests do not use the database directly, but without this mark there would be none.
pytestmark = pytest.mark.django_db

ARGUMENTS = {"prompt": "a lake", "modelId": "openai:gpt-image-2"}
READ_TOOLS = ["getimages_list_images", "getimages_get_account", "getimages_list_usage", "getimages_list_models"]


def structured_content(result: types.CallToolResult) -> dict[str, Any]:
    assert not result.is_error, result
    content: dict[str, Any] = result.structured_content
    return content


def image_block(blocks: list[Any]) -> types.ImageContent:
    (image,) = (block for block in blocks if isinstance(block, types.ImageContent))
    return image


def media_type(data: str) -> str | None:
    """Return the actual media type of a base64-encoded picture."""
    return Image.open(io.BytesIO(base64.b64decode(data))).get_format_mimetype()


@pytest.mark.parametrize(("mode", "version"), [("legacy", "2025-11-25"), ("2026-07-28",) * 2, ("auto", "2026-07-28")])
async def test_the_python_sdk_calls_every_tool(access: Access, mode: str, version: str) -> None:
    headers, messages = {"Authorization": f"Bearer {access.key}"}, []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        messages.append(message)

    async with httpx2.AsyncClient(headers=headers, timeout=CLIENT_TIMEOUT_SECONDS) as http:
        transport = streamable_http_client(access.url, http_client=http, max_sse_event_size=None)
        async with Client(transport, mode=mode) as client:
            assert client.protocol_version == version
            assert {tool.name for tool in (await client.list_tools()).tools} == set(TOOLS)
            generated = await client.call_tool("getimages_generate_image", ARGUMENTS, progress_callback=on_progress)
            fetch = {"id": structured_content(generated)["id"], "includeBytes": True}
            fetched = await client.call_tool("getimages_get_image", fetch)
            read = {tool: structured_content(await client.call_tool(tool, {})) for tool in READ_TOOLS}
    assert messages
    block = image_block(generated.content)
    assert block == image_block(fetched.content)
    assert structured_content(generated)["mediaType"] == block.mime_type == media_type(block.data)
    assert read["getimages_list_images"]["images"][0]["id"] == structured_content(generated)["id"]
    assert read["getimages_get_account"]["creditBalance"] == structured_content(generated)["credits"]["remaining"]


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_the_fastmcp_client_calls_every_tool(access: Access, mode: Literal["legacy", "auto"]) -> None:
    async with fastmcp.Client(access.url, auth=access.key, mode=mode) as client:
        assert {tool.name for tool in await client.list_tools()} == set(TOOLS)
        generated = await client.call_tool("getimages_generate_image", ARGUMENTS)
        fetched = await client.call_tool(
            "getimages_get_image", {"id": generated.structured_content["id"], "includeBytes": True}
        )
        assert not any([(await client.call_tool(tool, {})).is_error for tool in READ_TOOLS])
    assert image_block(generated.content) == image_block(fetched.content)


async def test_the_fastmcp_command_line_lists_and_calls(access: Access, tmp_path: Path) -> None:
    program, key = Path(sys.executable).with_name("fastmcp"), ["--auth", access.key, "--json"]
    call = ["getimages_generate_image", *(f"{name}={value}" for name, value in ARGUMENTS.items())]
    listed, generated = await asyncio.gather(
        asyncio.to_thread(run, program, "list", access.url, *key, folder=tmp_path),
        asyncio.to_thread(run, program, "call", access.url, *call, *key, folder=tmp_path),
    )
    assert {tool["name"] for tool in json.loads(listed)["tools"]} == set(TOOLS)
    assert json.loads(generated)["structured_content"]["status"] == "succeeded"


@pytest.mark.needs_node
@pytest.mark.parametrize("era", ["handshake", "2026-07-28"])
def test_the_typescript_sdk_calls_every_tool(access: Access, era: str) -> None:
    program = Path(__file__).with_name("typescript_client.mjs")
    output = json.loads(run("node", program, access.url, era, folder=NODE / "clients", KEY=access.key))
    assert set(output["tools"]) == set(output["results"]) == set(TOOLS)
    assert not any(result["isError"] for result in output["results"].values())
    generated, fetched = (output["results"][tool] for tool in ("getimages_generate_image", "getimages_get_image"))
    assert generated["content"][0] == fetched["content"][0]
    assert generated["content"][0]["mimeType"] == media_type(generated["content"][0]["data"])
    edited = output["results"]["getimages_edit_image"]["structuredContent"]
    ids = (generated["structuredContent"]["id"], edited["id"])
    assert edited["sources"][0]["id"] == ids[0]
    assert all(any(image_id in message for image_id in ids) for message in output["progress"])
    assert output["progress"]
