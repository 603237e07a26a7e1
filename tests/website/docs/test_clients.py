"""Every snippet is what its format and its client expect, and every one-click link says the same."""

import base64
import json
import shlex
import tomllib
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from website.docs import clients
from website.docs.clients import Client, Snippet

ENDPOINT = "https://images.example/api/mcp"
KEY = "sk_" + "a" * 46
HEADER = f"Bearer {KEY}"
ROO_AND_KILO = "roo-code-and-kilo-code"
CONNECTING = [client for client in clients.CLIENTS if client.connects]
LINKED = [client for client in clients.CLIENTS if client.make_link]


def snippet(client: Client, ending: str, key: str | None = KEY) -> Snippet:
    return next(each for each in client.snippets(ENDPOINT, key) if each.title.endswith(ending))


def entry(slug: str, under: str | None, *, key: str | None = KEY, ending: str = "") -> Any:
    setting = json.loads(snippet(clients.BY_SLUG[slug], ending, key).text)
    return (setting[under] if under else setting)[clients.SERVER_NAME]


def words_of(each: Snippet) -> list[str]:
    """Return a command's words as a shell reads them, which joins lines that end in a backslash."""
    return shlex.split(each.text.replace("\\\n", " "))


def parsed(each: Snippet) -> object:
    match each.language:
        case "json":
            return json.loads(each.text)
        case "toml":
            return tomllib.loads(each.text)
        case "bash":
            return words_of(each)
    assert each.language == "text"
    return each.text


def test_every_client_of_the_reference_is_there() -> None:
    names = (
        "Claude Code, Claude Desktop, Cursor, VS Code, Windsurf, Cline, Roo Code and Kilo Code, Codex CLI, Gemini CLI, "
        "Zed, JetBrains AI Assistant, Warp, LM Studio, ChatGPT, Any other client"
    )
    assert [client.name for client in clients.CLIENTS] == names.split(", ")


@pytest.mark.parametrize("key", [KEY, None], ids=["with a key", "without"])
@pytest.mark.parametrize("client", clients.CLIENTS, ids=lambda client: client.slug)
def test_every_snippet_parses_as_its_format(client: Client, key: str | None) -> None:
    assert all(parsed(each) for each in client.snippets(ENDPOINT, key))


@pytest.mark.parametrize("client", CONNECTING, ids=lambda client: client.slug)
def test_every_client_is_given_the_address_and_the_key(client: Client) -> None:
    text = "\n".join(each.text for each in client.snippets(ENDPOINT, KEY))
    assert ENDPOINT in text
    assert KEY in text


@pytest.mark.parametrize("client", CONNECTING, ids=lambda client: client.slug)
def test_without_a_key_a_variable_or_a_place_is_named(client: Client) -> None:
    for each in client.snippets(ENDPOINT):
        named = (clients.ENVIRONMENT_VARIABLE, "YOUR_API_KEY", "${input:")
        assert any(name in each.text for name in named), each.title


@pytest.mark.parametrize(
    ("slug", "under", "address", "more"),
    [
        ("cursor", "mcpServers", "url", {}),
        ("vs-code", "servers", "url", {"type": "http"}),
        ("windsurf", "mcpServers", "serverUrl", {}),
        ("cline", "mcpServers", "url", {"type": "streamableHttp", "timeout": 780}),
        (ROO_AND_KILO, "mcpServers", "url", {"type": "streamable-http", "timeout": 780}),
        (
            ROO_AND_KILO,
            "mcp",
            "url",
            {"type": "remote", "oauth": False, "timeout": 780_000},
        ),
        ("zed", "context_servers", "url", {}),
        ("jetbrains", "mcpServers", "url", {}),
        ("warp", None, "url", {}),
        ("lm-studio", "mcpServers", "url", {}),
        ("gemini-cli", "mcpServers", "httpUrl", {"timeout": 780_000}),
    ],
)
def test_each_file_has_the_fields_of_its_client(slug: str, under: str | None, address: str, more: Any) -> None:
    endings: dict[Any, str] = {("gemini-cli", "mcpServers"): "instead", (ROO_AND_KILO, "mcpServers"): "Roo Code"}
    ending = endings.get((slug, under), "")
    assert entry(slug, under, ending=ending) == {address: ENDPOINT, "headers": {"Authorization": HEADER}, **more}


def test_vs_code_asks_for_a_key_that_is_not_at_hand() -> None:
    setting = json.loads(clients.BY_SLUG["vs-code"].snippets(ENDPOINT)[0].text)
    (asked,) = setting["inputs"]
    assert asked["password"] is True
    header = setting["servers"][clients.SERVER_NAME]["headers"]["Authorization"]
    assert header == f"Bearer ${{input:{asked['id']}}}"


def test_claude_code_and_gemini_add_the_server_with_one_command() -> None:
    claude = words_of(clients.BY_SLUG["claude-code"].snippets(ENDPOINT, KEY)[0])
    assert claude[:3] == ["claude", "mcp", "add"]
    assert claude[-4:] == ["get-images", ENDPOINT, "--header", f"Authorization: {HEADER}"]
    gemini = words_of(clients.BY_SLUG["gemini-cli"].snippets(ENDPOINT, KEY)[0])
    assert gemini[:3] == ["gemini", "mcp", "add"]
    assert gemini[-4:] == ["--header", f"Authorization: {HEADER}", "get-images", ENDPOINT]


def test_codex_adds_the_server_with_one_command() -> None:
    words = words_of(clients.BY_SLUG["codex-cli"].snippets(ENDPOINT, KEY)[0])
    assert words[:2] == ["export", f"{clients.ENVIRONMENT_VARIABLE}={KEY}"]
    assert words[2:6] == ["codex", "mcp", "add", "get-images"]
    assert words[6:] == ["--url", ENDPOINT, "--bearer-token-env-var", clients.ENVIRONMENT_VARIABLE]


def test_a_file_that_a_team_shares_holds_no_key() -> None:
    assert KEY not in snippet(clients.BY_SLUG["claude-code"], "project").text


def test_codex_reads_the_key_from_a_variable_or_from_its_file() -> None:
    codex = clients.BY_SLUG["codex-cli"]
    server = tomllib.loads(snippet(codex, "models need").text)["mcp_servers"][clients.SERVER_NAME]
    assert (server["url"], server["bearer_token_env_var"]) == (ENDPOINT, clients.ENVIRONMENT_VARIABLE)
    inline = tomllib.loads(snippet(codex, "in the file").text)["mcp_servers"][clients.SERVER_NAME]
    assert inline["http_headers"] == {"Authorization": HEADER}


def test_claude_desktop_goes_through_a_local_bridge() -> None:
    server = entry("claude-desktop", "mcpServers")
    assert server["args"][:3] == ["-y", "mcp-remote", ENDPOINT]
    assert server["env"] == {"AUTHORIZATION": HEADER}


def test_chatgpt_is_given_no_snippet_that_cannot_work() -> None:
    chatgpt = clients.BY_SLUG["chatgpt"]
    assert not chatgpt.connects
    assert chatgpt.snippets(ENDPOINT, KEY)[0].text == "https://images.example/api/v1/openapi.json"


def test_cursor_vs_code_and_lm_studio_have_links() -> None:
    assert [client.slug for client in LINKED] == ["cursor", "vs-code", "lm-studio"]


@pytest.mark.parametrize("key", [KEY, None], ids=["with a key", "without"])
@pytest.mark.parametrize("slug", ["cursor", "lm-studio"])
def test_a_link_with_a_query_says_what_the_snippet_says(slug: str, key: str | None) -> None:
    link = clients.BY_SLUG[slug].link(ENDPOINT, key)
    assert link is not None
    query = parse_qs(urlsplit(link).query)
    assert query["name"] == [clients.SERVER_NAME]
    assert json.loads(base64.b64decode(query["config"][0])) == entry(slug, "mcpServers", key=key)


@pytest.mark.parametrize("key", [KEY, None], ids=["with a key", "without"])
def test_vs_codes_link_says_what_the_snippet_says(key: str | None) -> None:
    vs_code = clients.BY_SLUG["vs-code"]
    link = vs_code.link(ENDPOINT, key)
    assert link is not None
    assert link.startswith("vscode:mcp/install?")
    config = json.loads(unquote(urlsplit(link).query))
    assert config.pop("name") == clients.SERVER_NAME
    assert config.pop("inputs", None) == json.loads(vs_code.snippets(ENDPOINT, key)[0].text).get("inputs")
    assert config == entry("vs-code", "servers", key=key)
