"""A client that declares nothing receives the bytes that it received before resources, prompts and extensions.

`recorded_answers.json` has the responses of the release before. What was added for every client since is listed here;
the rest must be the same bytes.
"""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from accounts.models import User
from mcp_gateway import icons, viewer
from mcp_gateway.server import EXTENSIONS
from tests.mcp_gateway import exchanges
from tests.mcp_gateway.agent import Agent

pytestmark = pytest.mark.django_db(transaction=True)

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "recorded_answers.json").read_text())
SERVER_INFO: Final = "io.modelcontextprotocol/serverInfo"

# Capabilities that `initialize` and `server/discover` announce since then.
ADDED_CAPABILITIES: Final = ("completions", "prompts", "resources")
# Arguments and fields of consent and of the library, in schemas and results.
ADDED_FIELDS: Final = frozenset({"confirmCredits", "confirmAbove", "favourite", "collection"})


def recorded(name: str, version: str) -> dict[str, Any]:
    rows = (row for row in RECORDED["responses"] if row["name"] == name and version in row["versions"])
    row: dict[str, Any] = next(rows)
    return row


def remove_additions(result: dict[str, Any], version: str) -> None:
    """Remove what was added, and check that it is present in this version."""
    if "capabilities" in result:
        for capability in ADDED_CAPABILITIES:
            del result["capabilities"][capability]
        if version >= "2026":
            assert result["capabilities"].pop("extensions") == EXTENSIONS
    for server_info in (result.get("serverInfo"), result.get("_meta", {}).get(SERVER_INFO)):
        if server_info is not None:
            assert len(server_info.pop("icons")) == len(icons.SERVER)
    if version >= "2025-11-25":
        for tool in result.get("tools", []):
            del tool["icons"]
    if version >= "2025-06-18" and _is_finished(result):
        assert result["content"].pop()["type"] == "resource_link"
    if version < "2026":
        remove_viewer(result)


def remove_viewer(result: dict[str, Any]) -> None:
    """Remove the references to the viewer: later clients are told if they declare it."""
    for tool in result.get("tools", []):
        tool["_meta"].pop("ui", None)
    if viewer.THUMBNAILS_KEY in result.get("_meta", {}):
        del result["_meta"]


def _is_finished(result: dict[str, Any]) -> bool:
    return bool(result.get("structuredContent", {}).get("imageUrl"))


def without_added_fields(value: Any) -> Any:
    """Return a part of a response without the added arguments and fields, at any depth."""
    if isinstance(value, dict):
        return {name: without_added_fields(member) for name, member in value.items() if name not in ADDED_FIELDS}
    if isinstance(value, list):
        return [without_added_fields(item) for item in value if not (isinstance(item, str) and item in ADDED_FIELDS)]
    # A list of the accepted arguments.
    return value.replace(", confirmCredits.", ".") if isinstance(value, str) else value


def without_thumbnails(body: str) -> str:
    """Return a body without the digests of thumbnails, which are encoded with less effort since."""
    return re.sub(r'"data":"SHA256-[0-9a-f]+","mimeType":"image/webp"', "", body)


def body_without_additions(body: str, version: str) -> str:
    message = json.loads(body)
    if "result" in message:
        remove_additions(message["result"], version)
    message = without_added_fields(message)
    # The additions, too, contain ids, which are numbered in the order in which they appear.
    ids: dict[str, str] = {}
    body = json.dumps(message, separators=(",", ":"))
    return re.sub(r"ID-\d+", lambda match: ids.setdefault(match[0], f"ID-{len(ids) + 1}"), body)


def test_every_response_is_the_recorded_one_apart_from_additions(agent: Agent, alice: User) -> None:
    compared = 0
    for name, version, response in exchanges.responses(agent, exchanges.prepare(agent, alice)):
        before = recorded(name, version)
        assert response["headers"] == RECORDED["headers"], (name, version)
        body = body_without_additions(response["body"], version)
        expected = (before["status"], without_thumbnails(before["body"]))
        assert (response["status"], without_thumbnails(body)) == expected, (name, version)
        compared += 1
    assert compared == sum(len(row["versions"]) for row in RECORDED["responses"])
