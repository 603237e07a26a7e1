"""Clients that sign in by themselves and generate an image: `sign_in_client.py sdk|fastmcp|mcp-remote URL [PROGRAM]`.

BROWSER is the program that opens a URL. Prints the result of the tool as JSON.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qs, urlsplit

import fastmcp
import httpx2
from mcp.client import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl

TOOL = "getimages_generate_image"
ARGUMENTS = {"prompt": "a lake", "modelId": "openai:gpt-image-2", "imageOutput": "none"}
TIMEOUT_SECONDS = 120


class Storage:
    """Tokens and registration in memory."""

    tokens: OAuthToken | None = None
    client_info: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client_info

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client_info = client_info


async def sdk(url: str) -> Any:
    """The Python SDK: registers, signs in, and signs in again with its refresh token."""
    redirects: asyncio.Queue[dict[str, str]] = asyncio.Queue()

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readline()).decode().split()[1]
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()
        if query := urlsplit(path).query:
            await redirects.put({name: value for name, (value,) in parse_qs(query).items()})

    async def open_browser(address: str) -> None:
        await asyncio.create_subprocess_exec(os.environ["BROWSER"], address)

    async def redirect() -> AuthorizationCodeResult:
        return AuthorizationCodeResult(**await redirects.get())

    storage = Storage()
    async with await asyncio.start_server(receive, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        metadata = OAuthClientMetadata(
            redirect_uris=[AnyUrl(f"http://127.0.0.1:{port}/callback")], client_name="Python SDK"
        )
        result = await _call(url, OAuthClientProvider(url, metadata, storage, open_browser, redirect))
        assert storage.tokens is not None
        # An access token that the server rejects makes the SDK use its refresh token, without a person.
        first = storage.tokens
        storage.tokens = first.model_copy(update={"access_token": "gia_invalid", "expires_in": 0})
        await _call(url, OAuthClientProvider(url, metadata, storage, open_browser, redirect))
        assert storage.tokens.refresh_token != first.refresh_token
    return result


async def _call(url: str, provider: OAuthClientProvider) -> Any:
    async with (
        httpx2.AsyncClient(auth=provider, timeout=TIMEOUT_SECONDS) as http,
        Client(streamable_http_client(url, http_client=http), mode="auto") as client,
    ):
        return (await client.call_tool(TOOL, ARGUMENTS)).structured_content


async def fastmcp_client(url: str) -> Any:
    """FastMCP's client."""
    async with fastmcp.Client(url, auth="oauth") as client:
        return (await client.call_tool(TOOL, ARGUMENTS)).structured_content


async def mcp_remote(url: str, program: str) -> Any:
    """mcp-remote, the bridge for clients that only start local programs."""
    parameters = StdioServerParameters(command=program, args=[url], env=dict(os.environ))
    async with Client(stdio_client(parameters), mode="legacy") as client:
        return (await client.call_tool(TOOL, ARGUMENTS)).structured_content


CLIENTS: dict[str, Callable[..., Coroutine[Any, Any, Any]]] = {
    "sdk": sdk,
    "fastmcp": fastmcp_client,
    "mcp-remote": mcp_remote,
}

if __name__ == "__main__":
    kind, *arguments = sys.argv[1:]
    sys.stdout.write(json.dumps(asyncio.run(CLIENTS[kind](*arguments))) + "\n")
