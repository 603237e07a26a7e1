"""Requests of a client that declares nothing, and their responses without values that differ from run to run."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any, Final

import httpx2

from accounts.models import User
from images.models import Image
from tests.factories import complete, finished_image
from tests.mcp_gateway.agent import MODEL, Agent, request, tool_call

HANDSHAKE_VERSIONS: Final = ("2025-03-26", "2025-06-18", "2025-11-25")
MODERN_VERSION: Final = "2026-07-28"
REPLAYED: Final = {"prompt": "A quiet lake", "modelId": MODEL, "idempotencyKey": "lake", "imageOutput": "preview"}

UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
VARIABLE_PARTS: Final = (
    (re.compile(r"/i/[\w.:-]+"), "/i/TOKEN"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?Z?)?"), "TIME"),
    (re.compile(r'"lastFour":"[^"]{4}"'), '"lastFour":"LAST"'),
)
LONG_BASE64: Final = re.compile(r"[A-Za-z0-9+/=]{200,}")

CHANGING_HEADERS: Final = frozenset({"date", "content-length", "server"})

# A response: its status, its headers that do not change, and its body.
Response = dict[str, Any]


def prepare(agent: Agent, alice: User) -> dict[str, dict[str, Any]]:
    """Create Alice's images, and return the requests by name."""
    finished_image(alice, "A red fox")
    unfinished = agent.generate("A slow river", waitSeconds=0)["structuredContent"]["id"]
    finished = agent.call("getimages_generate_image", **REPLAYED, waitSeconds=0)["structuredContent"]["id"]
    complete(Image.objects.get(pk=finished))
    client = {"protocolVersion": MODERN_VERSION, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    return {
        "initialize": request("initialize", client),
        "server/discover": request("server/discover"),
        "ping": request("ping"),
        "tools/list": request("tools/list"),
        "get_account": tool_call("getimages_get_account", {}),
        "list_models": tool_call("getimages_list_models", {}),
        "list_images": tool_call("getimages_list_images", {"status": "all"}),
        "list_usage": tool_call("getimages_list_usage", {}),
        "get_image": tool_call("getimages_get_image", {"id": finished, "includeBytes": True}),
        "get_unfinished_image": tool_call("getimages_get_image", {"id": unfinished}),
        "image_not_found": tool_call("getimages_get_image", {"id": "8d3f1a52-0000-4000-8000-1e8a02b3c4d5"}),
        "invalid_arguments": tool_call("getimages_generate_image", {"prompt": "", "size": 1}),
        "replayed_generation": tool_call("getimages_generate_image", REPLAYED),
        "unknown_tool": tool_call("made_up", {}),
        "unknown_method": request("made/up"),
    }


def responses(agent: Agent, requests: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, Response]]:
    """Yield the name, protocol version and response of every request."""
    for name, message in requests.items():
        if name != "server/discover":
            for version in HANDSHAKE_VERSIONS:
                yield name, version, _response(agent.send(_in(version, message), headers=_header(version)))
        if name not in {"initialize", "ping"}:
            yield name, MODERN_VERSION, _response(agent.send_modern(message))


def _header(version: str) -> dict[str, str]:
    return {"MCP-Protocol-Version": version}


def _in(version: str, message: dict[str, Any]) -> dict[str, Any]:
    """Return an initialize request for this version; others name it in a header only."""
    if message["method"] != "initialize":
        return message
    return {**message, "params": {**message["params"], "protocolVersion": version}}


def _response(response: httpx2.Response) -> Response:
    headers = {name: value for name, value in response.headers.items() if name not in CHANGING_HEADERS}
    return {"status": response.status_code, "headers": headers, "body": _comparable(response.text)}


def _comparable(body: str) -> str:
    """Return the body with ids numbered in order, pictures replaced by their hash, and times and secrets removed."""
    ids: dict[str, str] = {}
    for pattern, replacement in VARIABLE_PARTS:
        body = pattern.sub(replacement, body)
    body = UUID.sub(lambda match: ids.setdefault(match[0], f"ID-{len(ids) + 1}"), body)
    return LONG_BASE64.sub(lambda match: "SHA256-" + hashlib.sha256(match[0].encode()).hexdigest(), body)
