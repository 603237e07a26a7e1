"""A closed-loop HTTP load generator: each connection sends its next request when the response has arrived.

Requests are prepared bytes and responses are barely parsed, so that one process generates more load than one server
process handles. Both sides of a comparison use it.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import uvloop

CALL_TIMEOUT_SECONDS = 30
RESPONSE_MAX_BYTES = 16 * 1024 * 1024
# In the result of a tool call.
SUCCESS: Final = b'"isError":false'


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as bytes, and its destination."""

    host: str
    port: int
    content: bytes


# From protocol version 2026-07-28 on each request carries this metadata. Earlier versions negotiate it once in a
# handshake, which a client does not repeat for each call, and neither does this generator.
ENVELOPE: Final = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "benchmark", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
VERSIONS: Final = ("2025-11-25", "2026-07-28")


def tool_call(
    url: str, tool: str, key: str, arguments: Mapping[str, Any] | None = None, *, version: str = VERSIONS[0]
) -> Request:
    """Return a tools/call request in the form of this protocol version."""
    parameters: dict[str, Any] = {"name": tool, "arguments": arguments or {}}
    headers = {"Accept": "application/json, text/event-stream", "Authorization": f"Bearer {key}"}
    headers["MCP-Protocol-Version"] = version
    if version == VERSIONS[1]:
        parameters["_meta"] = ENVELOPE
        headers |= {"Mcp-Method": "tools/call", "Mcp-Name": tool}
    return post(url, {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": parameters}, headers)


def post(url: str, body: object, headers: Mapping[str, str]) -> Request:
    """Return a POST request with a JSON body."""
    parts = urlsplit(url)
    content = json.dumps(body).encode()
    all_headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "Content-Length": str(len(content)),
        **headers,
    }
    lines = [f"POST {parts.path} HTTP/1.1", *(f"{name}: {value}" for name, value in all_headers.items()), "", ""]
    return Request(parts.hostname or "", parts.port or 80, "\r\n".join(lines).encode() + content)


def calls_per_second(requests: Sequence[Request], seconds: float, *, contains: bytes = SUCCESS) -> float:
    """Return the number of calls completed per second, with one connection for each request.

    The body of a successful response contains `contains`.

    Raises:
        AssertionError: A call failed, so its time would be meaningless.
    """
    return uvloop.run(_calls_per_second(requests, seconds, contains))


async def _calls_per_second(requests: Sequence[Request], seconds: float, contains: bytes) -> float:
    loop = asyncio.get_running_loop()
    start = loop.time()
    end = start + seconds
    counts = await asyncio.gather(*(_call_until(end, request, contains) for request in requests))
    return sum(counts) / (loop.time() - start)


async def _call_until(end: float, request: Request, contains: bytes) -> int:
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection(request.host, request.port)
    count = 0
    try:
        async with asyncio.timeout_at(end + CALL_TIMEOUT_SECONDS):
            while loop.time() < end:
                writer.write(request.content)
                check(await read_body(reader), contains)
                count += 1
    finally:
        writer.close()
    return count


def check(body: bytes, contains: bytes = SUCCESS) -> None:
    """Check that a response body contains what only a successful one does.

    Raises:
        AssertionError: The call failed.
    """
    if contains not in body:
        raise AssertionError(f"The call failed: {body[:500]!r}")


async def read_body(reader: asyncio.StreamReader) -> bytes:
    """Read one response, with a Content-Length or chunked, and return its body."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    _, has_length, rest = head.partition(b"content-length:")
    if has_length:
        return await reader.readexactly(int(rest.partition(b"\r\n")[0]))
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return body
