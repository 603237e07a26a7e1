"""All protocol versions on one URL, and messages that are not valid JSON-RPC."""

import json
import socket
from typing import Any

import pytest

from mcp_gateway import server
from tests.mcp_gateway.agent import ENVELOPE, Agent, messages, request, tool_call

pytestmark = pytest.mark.django_db(transaction=True)

HANDSHAKE_VERSIONS = ["2025-03-26", "2025-06-18", "2025-11-25"]
VERSION_KEY = "io.modelcontextprotocol/protocolVersion"


def initialize(version: str) -> dict[str, Any]:
    client = {"name": "test", "version": "1"}
    return request("initialize", {"protocolVersion": version, "capabilities": {}, "clientInfo": client})


def error_of(response: Any, status: int) -> int:
    assert response.status_code == status, response.text
    code: int = response.json()["error"]["code"]
    return code


@pytest.mark.parametrize("version", HANDSHAKE_VERSIONS)
def test_initialize_accepts_each_supported_version(agent: Agent, version: str) -> None:
    response = agent.send(initialize(version))
    result = response.json()["result"]
    assert result["protocolVersion"] == version
    assert result["serverInfo"]["name"] == "get-images"
    assert result["capabilities"] == {
        "completions": {},
        "prompts": {"listChanged": False},
        "resources": {"listChanged": False, "subscribe": False},
        "tools": {"listChanged": False},
    }
    assert "mcp-session-id" not in response.headers


@pytest.mark.parametrize("version", ["2024-11-05", "2026-07-28", "1999-01-01", ""])
def test_initialize_offers_the_latest_version_for_any_other(agent: Agent, version: str) -> None:
    assert agent.send(initialize(version)).json()["result"]["protocolVersion"] == "2025-11-25"


@pytest.mark.parametrize("header", ["2024-11-05", "2027-01-01", "2026-07-28", "nonsense", ""])
def test_initialize_negotiates_whatever_version_the_header_names(agent: Agent, header: str) -> None:
    response = agent.send(initialize("2025-06-18"), headers={"MCP-Protocol-Version": header})
    assert (response.status_code, response.json()["result"]["protocolVersion"]) == (200, "2025-06-18")


def test_initialize_without_parameters_is_an_error(agent: Agent) -> None:
    assert error_of(agent.send(request("initialize")), 200) == -32602


@pytest.mark.parametrize("version", [5, 5.5, None, True, [], {}])
def test_initialize_with_a_version_that_is_no_string_is_an_error(agent: Agent, version: Any) -> None:
    response = agent.send(initialize(version))
    assert (error_of(response, 200), response.json()["id"]) == (-32602, 1)


def test_the_instructions_explain_how_to_spend_credits(agent: Agent) -> None:
    instructions = agent.send(initialize("2025-11-25")).json()["result"]["instructions"]
    for term in ("balance", "getimages_list_models", "confirm", "imageUrl"):
        assert term in instructions


@pytest.mark.parametrize("version", [*HANDSHAKE_VERSIONS, None])
def test_requests_need_no_preceding_handshake(agent: Agent, version: str | None) -> None:
    headers = {"MCP-Protocol-Version": version}
    assert len(agent.send(request("tools/list"), headers=headers).json()["result"]["tools"]) == 8
    result = agent.send(tool_call("getimages_get_account", {}), headers=headers).json()["result"]
    assert not result["isError"]
    assert result["content"][0]["text"]


@pytest.mark.parametrize("version", ["2025-06-18", "2025-11-25", None])
def test_structured_content_is_sent_to_versions_that_support_it(agent: Agent, version: str | None) -> None:
    headers = {"MCP-Protocol-Version": version}
    result = agent.send(tool_call("getimages_get_account", {}), headers=headers).json()["result"]
    assert result["structuredContent"]["creditBalance"] == 100


@pytest.mark.parametrize("version", ["2024-11-05", "1999-01-01", "2026-07-29", "latest"])
def test_an_unsupported_version_is_rejected(agent: Agent, version: str) -> None:
    for message in (request("ping"), {"jsonrpc": "2.0", "method": "notifications/initialized"}):
        response = agent.send(message, headers={"MCP-Protocol-Version": version})
        assert error_of(response, 400) == -32022
        assert response.json()["error"]["data"]["supported"] == [*HANDSHAKE_VERSIONS, "2026-07-28"]


def test_discover_replaces_initialize(agent: Agent) -> None:
    result = agent.send_modern(request("server/discover")).json()["result"]
    assert result["supportedVersions"] == ["2026-07-28"]
    assert result["instructions"] == server.INSTRUCTIONS
    assert result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "get-images"


def test_each_2026_request_is_self_contained(agent: Agent) -> None:
    assert len(agent.send_modern(request("tools/list")).json()["result"]["tools"]) == 8
    result = agent.send_modern(tool_call("getimages_get_account", {})).json()["result"]
    assert (result["resultType"], result["structuredContent"]["creditBalance"]) == ("complete", 100)


@pytest.mark.parametrize("version", ["2025-11-25", "2025-03-26", None])
def test_a_2026_envelope_under_an_older_header_is_a_mismatch(agent: Agent, version: str | None) -> None:
    response = agent.send_modern(request("tools/list"), headers={"MCP-Protocol-Version": version})
    assert error_of(response, 400) == -32020


@pytest.mark.parametrize(
    "headers", [{"Mcp-Method": "tools/list"}, {"Mcp-Name": "getimages_list_models"}, {"Mcp-Method": None}]
)
def test_headers_that_contradict_the_body_are_a_mismatch(agent: Agent, headers: dict[str, Any]) -> None:
    assert error_of(agent.send_modern(tool_call("getimages_get_account", {}), headers=headers), 400) == -32020


def test_a_duplicate_routing_header_is_a_mismatch(agent: Agent) -> None:
    lines = [("Mcp-Method", "ping"), ("Mcp-Method", "ping"), ("Authorization", f"Bearer {agent.key}")]
    assert error_of(agent.post_raw(lines, json.dumps(request("ping"))), 400) == -32020


def test_space_around_a_routing_header_is_ignored(agent: Agent) -> None:
    body = json.dumps(request("tools/list", {"_meta": ENVELOPE}))
    lines = ["POST /api/mcp HTTP/1.1", "Host: x", f"Authorization: Bearer {agent.key}", f"Content-Length: {len(body)}"]
    lines += [
        "Content-Type: application/json",
        "MCP-Protocol-Version: 2026-07-28 \t",
        "Mcp-Method:   tools/list  ",
        "Connection: close",
        "",
        body,
    ]
    host, port = agent.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall("\r\n".join(lines).encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("missing", [VERSION_KEY, "io.modelcontextprotocol/clientCapabilities"])
def test_an_envelope_without_a_required_field_is_rejected(agent: Agent, missing: str) -> None:
    meta = {key: value for key, value in ENVELOPE.items() if key != missing}
    headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/list"}
    assert error_of(agent.send(request("tools/list", {"_meta": meta}), headers=headers), 400) == -32602


def test_an_unknown_2026_version_is_rejected_with_the_supported_one(agent: Agent) -> None:
    meta = {**ENVELOPE, VERSION_KEY: "2027-01-01"}
    headers = {"MCP-Protocol-Version": "2027-01-01", "Mcp-Method": "tools/list"}
    response = agent.send(request("tools/list", {"_meta": meta}), headers=headers)
    assert error_of(response, 400) == -32022
    assert response.json()["error"]["data"]["supported"] == ["2026-07-28"]


@pytest.mark.parametrize("method", ["tools/fly", "resources/fly", "prompts/fly", "server/discover", "", "x" * 9999])
def test_an_unknown_method_is_method_not_found(agent: Agent, method: str) -> None:
    assert error_of(agent.send(request(method)), 200) == -32601


def test_an_unknown_method_of_2026_is_a_404(agent: Agent) -> None:
    for method in ("tools/fly", "ping", "initialize"):
        assert error_of(agent.send_modern(request(method)), 404) == -32601


def test_an_unknown_tool_is_a_protocol_error(agent: Agent) -> None:
    assert error_of(agent.send(tool_call("getimages_fly", {})), 200) == -32602
    assert error_of(agent.send_modern(tool_call("getimages_fly", {})), 400) == -32602


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe{}", b'{"jsonrpc": NaN}', b"[" * 100_000, b"1" * 5000, b"nul"])
def test_invalid_json_is_a_parse_error(agent: Agent, body: bytes) -> None:
    response = agent.request(content=body)
    assert error_of(response, 400) == -32700
    assert response.json()["id"] is None


@pytest.mark.parametrize(
    "message",
    [
        [request("ping")],
        [],
        1,
        None,
        "ping",
        {},
        {"id": 1},
        {"jsonrpc": "1.0", "id": 1, "method": "ping"},
        {"jsonrpc": "2.0", "id": None, "method": "ping"},
        {"jsonrpc": "2.0", "id": True, "method": "ping"},
        {"jsonrpc": "2.0", "id": 1.5, "method": "ping"},
        {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []},
        {"jsonrpc": "2.0", "id": 1, "result": {}},
    ],
)
def test_anything_other_than_one_request_is_invalid(agent: Agent, message: Any) -> None:
    assert error_of(agent.send(message), 400) == -32600


@pytest.mark.parametrize("params", [[], "text", 1, True])
@pytest.mark.parametrize("id", [7, "seven"])
def test_a_request_with_invalid_params_is_answered_with_its_id(agent: Agent, params: Any, id: Any) -> None:
    response = agent.send({"jsonrpc": "2.0", "id": id, "method": "ping", "params": params})
    assert (error_of(response, 400), response.json()["id"]) == (-32600, id)


@pytest.mark.parametrize("id", [None, True, 1.5, [], {}])
def test_an_invalid_id_is_answered_with_null(agent: Agent, id: Any) -> None:
    response = agent.send({"jsonrpc": "2.0", "id": id, "method": "ping"})
    assert (error_of(response, 400), response.json()["id"]) == (-32600, None)


@pytest.mark.parametrize("id", [0, -1, 2**70, "", "seven", "\ud800"])
def test_the_id_is_returned_unchanged(agent: Agent, id: Any) -> None:
    assert agent.send(request("ping", id=id)).json()["id"] == id


@pytest.mark.parametrize("token", [1.5, True, [], {}])
def test_an_invalid_progress_token_is_an_error(agent: Agent, token: Any) -> None:
    response = agent.send(tool_call("getimages_get_account", {}, progressToken=token))
    assert (error_of(response, 200), response.json()["id"]) == (-32602, 1)


def test_an_integer_id_may_have_a_decimal_point(agent: Agent) -> None:
    assert agent.send(request("ping", id=7.0)).json() == {"jsonrpc": "2.0", "id": 7, "result": {}}


@pytest.mark.parametrize("method", ["initialized", "cancelled", "progress", "made-up"])
def test_notifications_are_accepted_without_a_body(agent: Agent, method: str) -> None:
    message = {"jsonrpc": "2.0", "method": f"notifications/{method}"}
    for headers in ({}, {"MCP-Protocol-Version": "2026-07-28"}):
        response = agent.send(message, headers=headers)
        assert (response.status_code, response.content) == (202, b"")


def test_invalid_parameters_are_rejected_without_details(agent: Agent) -> None:
    response = agent.send(request("tools/call", {"name": 1, "arguments": []}))
    assert response.json()["error"] == {"code": -32602, "message": "Invalid request parameters", "data": ""}


def test_quick_responses_are_json_and_not_cached(agent: Agent) -> None:
    response = agent.send(tool_call("getimages_list_models", {}))
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert len(messages(response)) == 1
