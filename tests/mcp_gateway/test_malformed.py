"""Malformed requests never cause a server error or reveal internals."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts import api_keys
from images.listener import listener
from mcp_gateway.tools.declarations import DECLARATIONS
from tests.factories import create_user
from tests.mcp_gateway.agent import ENVELOPE, Agent, tool_call
from tests.web_server import Server

pytestmark = pytest.mark.django_db(transaction=True)

INTERNALS = re.compile(
    r'Traceback|File \\?"/|\.py\b|site-packages|psycopg|pydantic|SELECT |INSERT |UPDATE |\b(?:billing|images|accounts)_'
)

# st.text leaves out lone surrogates.
characters = st.characters(exclude_categories=()) | st.sampled_from("\0\ud83d\udc00\u202e{%")
text = st.lists(characters, max_size=30).map("".join)
numbers = st.integers() | st.floats() | st.integers(min_value=10**300, max_value=10**400)
plain = st.none() | st.booleans() | numbers | text
anything = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4), max_leaves=8
)
deep = st.integers(min_value=1, max_value=3000).map(lambda depth: "[" * depth + "]" * depth)

methods = (
    st.sampled_from(["tools/call", "tools/list", "initialize", "ping", "server/discover", "notifications/x"]) | text
)
names = st.sampled_from([declaration["name"] for declaration in DECLARATIONS]) | text
fields = st.sampled_from(sorted({f for d in DECLARATIONS for f in d["inputSchema"].get("properties", {})})) | text
metas = st.just(ENVELOPE) | st.fixed_dictionaries({"progressToken": anything}) | anything
generate_arguments = st.fixed_dictionaries(
    {"prompt": text, "modelId": st.sampled_from(["openai:gpt-image-2", "google:gemini-3-pro-image-preview"])},
    optional={"style": text, "idempotencyKey": st.text("ab", min_size=1, max_size=2), "waitSeconds": st.integers(0, 9)},
)
arguments = generate_arguments | st.dictionaries(fields, anything, max_size=5) | anything
tool_calls = st.fixed_dictionaries(
    {
        "jsonrpc": st.just("2.0"),
        "id": st.integers() | text,
        "method": st.just("tools/call"),
        "params": st.fixed_dictionaries({"name": names, "arguments": arguments}, optional={"_meta": metas}),
    }
)
requests = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0") | anything, "method": methods | anything}, optional={"id": anything, "params": anything}
)
bodies = (
    st.binary(max_size=200)
    | deep.map(str.encode)
    | deep.map(lambda nested: f'{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"a":{nested}}}}}'.encode())
    | (anything | requests | tool_calls).map(json.dumps).map(str.encode)
    | st.lists(requests, max_size=3).map(json.dumps).map(str.encode)
)
request_headers = st.fixed_dictionaries(
    {},
    optional={
        "MCP-Protocol-Version": st.sampled_from(["2025-03-26", "2025-11-25", "2026-07-28", "nonsense", ""]),
        "Mcp-Method": st.sampled_from(["tools/call", "ping", "=?base64?!?="]),
        "Mcp-Name": st.sampled_from(["getimages_get_account", "=?base64?/w==?="]),
        "Accept": st.sampled_from(["application/json", "text/event-stream", "*/*", ",;q", "text/html"]),
        "Content-Type": st.sampled_from(["application/json", "text/plain", "multipart/form-data"]),
    },
)


@pytest.fixture
def rich_agent(server: Server, transactional_db: None) -> Iterator[Agent]:
    """An agent with enough credits for any random request, on a server that does not wait for images."""
    secret = api_keys.create(create_user("rich@example.com", credits=10**6), name="rich")[1]
    server.run(set_closing(True))
    yield Agent(server.url, secret)
    server.run(set_closing(False))


async def set_closing(closing: bool) -> None:
    listener().closing = closing


def check(agent: Agent, body: bytes, headers: dict[str, str]) -> None:
    response = agent.request(content=body, headers=headers)
    assert response.status_code < 500, response.text
    assert agent.key not in response.text
    # The response may repeat parts of the request.
    internals = [match for match in INTERNALS.findall(response.text) if match.encode() not in body]
    assert not internals, response.text
    if response.status_code == 200 and response.headers["content-type"] == "application/json":
        assert response.json().get("error", {}).get("code") != -32603, body


SUPPRESSED_CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=200, deadline=None, suppress_health_check=SUPPRESSED_CHECKS)
@given(body=bodies, headers=request_headers)
@example(body=b"\xed\xa0\x80", headers={})
@example(body=b'{"jsonrpc":"2.0","id":1e999,"method":"ping"}', headers={})
def test_no_request_breaks_the_server(rich_agent: Agent, body: bytes, headers: dict[str, str]) -> None:
    check(rich_agent, body, headers)


@settings(max_examples=100, deadline=None, suppress_health_check=SUPPRESSED_CHECKS)
@given(arguments=generate_arguments)
def test_no_generate_arguments_break_the_server(rich_agent: Agent, arguments: dict[str, Any]) -> None:
    check(rich_agent, json.dumps(tool_call("getimages_generate_image", arguments)).encode(), {})


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize("depth", [10, 200, 900])
@pytest.mark.parametrize("field", ["prompt", "modelId", "unknown"])
def test_arguments_may_be_nested_as_deep_as_json_allows(rich_agent: Agent, depth: int, field: str) -> None:
    message = tool_call("getimages_generate_image", {field: nested(depth)})
    check(rich_agent, json.dumps(message).encode(), {})
