"""A load generator: as many calls as a server answers, over connections that each have one call under way.

The request is the same bytes every time and of the answer only what is needed is read, so that one process can ask
faster than one process answers. Both sides of a comparison are asked by this same code.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import uvloop

CALL_TIMEOUT_SECONDS = 30
ANSWER_MAX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as it goes over the wire."""

    host: str
    port: int
    content: bytes


# How clients of 2026-07-28 speak: each request says everything itself. The handshake that older ones begin with is not
# repeated for each call, here as in a client.
ENVELOPE: Final = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "benchmark", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
VERSIONS: Final = ("2025-11-25", "2026-07-28")


def tool_call(
    url: str, tool: str, key: str, arguments: Mapping[str, Any] | None = None, *, version: str = VERSIONS[0]
) -> Request:
    """Return the call of a tool as a client of this protocol version makes it."""
    parameters: dict[str, Any] = {"name": tool, "arguments": arguments or {}}
    headers = {"Accept": "application/json, text/event-stream", "Authorization": f"Bearer {key}"}
    headers["MCP-Protocol-Version"] = version
    if version == VERSIONS[1]:
        parameters["_meta"] = ENVELOPE
        headers |= {"Mcp-Method": "tools/call", "Mcp-Name": tool}
    return post(url, {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": parameters}, headers)


def post(url: str, body: object, headers: Mapping[str, str]) -> Request:
    """Return a request with this JSON as its body."""
    parts = urlsplit(url)
    content = json.dumps(body).encode()
    named = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "Content-Length": str(len(content)),
        **headers,
    }
    lines = [f"POST {parts.path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items()), "", ""]
    return Request(parts.hostname or "", parts.port or 80, "\r\n".join(lines).encode() + content)


def calls_per_second(requests: Sequence[Request], seconds: float) -> float:
    """Return how many calls are answered each second, over one connection for each request.

    Raises:
        AssertionError: An answer was no success, so that what was measured would not be the call.
    """
    return uvloop.run(_calls_per_second(requests, seconds))


async def _calls_per_second(requests: Sequence[Request], seconds: float) -> float:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    end = begun + seconds
    counts = await asyncio.gather(*(_ask_until(end, request) for request in requests))
    return sum(counts) / (loop.time() - begun)


async def _ask_until(end: float, request: Request) -> int:
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection(request.host, request.port)
    count = 0
    try:
        async with asyncio.timeout_at(end + CALL_TIMEOUT_SECONDS):
            while loop.time() < end:
                writer.write(request.content)
                check(await read_answer(reader))
                count += 1
    finally:
        writer.close()
    return count


def check(answer: bytes) -> None:
    """Let only the success of a tool's call pass.

    Raises:
        AssertionError: It is something else.
    """
    if b'"isError":false' not in answer:
        raise AssertionError(f"The call failed: {answer[:500]!r}")


async def read_answer(reader: asyncio.StreamReader) -> bytes:
    """Return the body of one answer, of known length or in chunks."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    _, found, after = head.partition(b"content-length:")
    if found:
        return await reader.readexactly(int(after.partition(b"\r\n")[0]))
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return body
