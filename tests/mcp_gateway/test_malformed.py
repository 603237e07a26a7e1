"""Whatever is sent, nobody gets a server error or a look inside."""

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

# st.text would leave halves of characters out.
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
wishes = st.fixed_dictionaries(
    {"prompt": text, "modelId": st.sampled_from(["openai:gpt-image-2", "google:gemini-3-pro-image-preview"])},
    optional={"style": text, "idempotencyKey": st.text("ab", min_size=1, max_size=2), "waitSeconds": st.integers(0, 9)},
)
arguments = wishes | st.dictionaries(fields, anything, max_size=5) | anything
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
headers = st.fixed_dictionaries(
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
    """An agent that can pay for whatever random requests ask for, of a server that waits for no picture."""
    secret = api_keys.create(create_user("rich@example.com", credits=10**6), name="rich")[1]
    server.run(end_waits(True))
    yield Agent(server.url, secret)
    server.run(end_waits(False))


async def end_waits(ended: bool) -> None:
    listener().closing = ended


def check(agent: Agent, body: bytes, more: dict[str, str]) -> None:
    response = agent.ask(content=body, headers=more)
    assert response.status_code < 500, response.text
    assert agent.key not in response.text
    # What the client said itself may come back.
    internals = [word for word in INTERNALS.findall(response.text) if word.encode() not in body]
    assert not internals, response.text
    if response.status_code == 200 and response.headers["content-type"] == "application/json":
        assert response.json().get("error", {}).get("code") != -32603, body


UNHURRIED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=200, deadline=None, suppress_health_check=UNHURRIED)
@given(body=bodies, more=headers)
@example(body=b"\xed\xa0\x80", more={})
@example(body=b'{"jsonrpc":"2.0","id":1e999,"method":"ping"}', more={})
def test_no_request_breaks_the_server(rich_agent: Agent, body: bytes, more: dict[str, str]) -> None:
    check(rich_agent, body, more)


@settings(max_examples=100, deadline=None, suppress_health_check=UNHURRIED)
@given(arguments=wishes)
def test_no_wish_breaks_the_server(rich_agent: Agent, arguments: dict[str, Any]) -> None:
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
