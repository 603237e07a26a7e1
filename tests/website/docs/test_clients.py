"""Every snippet is valid in its format and for its client, and every one-click link matches its snippet."""

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
CONNECTING_CLIENTS = [client for client in clients.CLIENTS if client.connects]
SIGN_IN_CLIENTS = [client for client in clients.CLIENTS if client.sign_in]
LINKED_CLIENTS = [client for client in clients.CLIENTS if client.build_link]


def snippet_titled(client: Client, ending: str, key: str | None = KEY) -> Snippet:
    return next(snippet for snippet in client.snippets(ENDPOINT, key) if snippet.title.endswith(ending))


def entry(slug: str, servers_field: str | None, *, key: str | None = KEY, ending: str = "") -> Any:
    config = json.loads(snippet_titled(clients.BY_SLUG[slug], ending, key).text)
    return (config[servers_field] if servers_field else config)[clients.SERVER_NAME]


def shell_words(snippet: Snippet) -> list[str]:
    """Return the words of a command as a shell parses them; it joins lines that end in a backslash."""
    return shlex.split(snippet.text.replace("\\\n", " "))


def parse(snippet: Snippet) -> object:
    match snippet.language:
        case "json":
            return json.loads(snippet.text)
        case "toml":
            return tomllib.loads(snippet.text)
        case "bash":
            return shell_words(snippet)
    assert snippet.language == "text"
    return snippet.text


def test_every_documented_client_is_in_the_catalogue() -> None:
    names = (
        "Claude Code, Claude on the web, Claude Desktop, Cursor, VS Code, Windsurf, Cline, Roo Code and Kilo Code, "
        "Codex CLI, Gemini CLI, Zed, JetBrains AI Assistant, Warp, LM Studio, ChatGPT, Any other client"
    )
    assert [client.name for client in clients.CLIENTS] == names.split(", ")


def test_these_clients_sign_in_by_themselves() -> None:
    slugs = [client.slug for client in clients.CLIENTS if client.sign_in]
    assert slugs == [
        *(
            "claude-code",
            "claude-ai",
            "claude-desktop",
            "cursor",
            "vs-code",
            "codex-cli",
            "gemini-cli",
            "zed",
            "chatgpt",
        )
    ]


@pytest.mark.parametrize("client", SIGN_IN_CLIENTS, ids=lambda client: client.slug)
def test_signing_in_needs_the_url_and_no_secret(client: Client) -> None:
    assert client.sign_in is not None
    for snippet in client.sign_in.build_snippets(ENDPOINT):
        parse(snippet)
        assert ENDPOINT in snippet.text
        assert not any(word in snippet.text for word in ("Authorization", "KEY", "sk_"))


def test_the_links_for_signing_in_contain_the_url_only() -> None:
    cursor, vs_code = (clients.BY_SLUG[slug].sign_in for slug in ("cursor", "vs-code"))
    assert cursor is not None
    assert cursor.build_link is not None
    assert vs_code is not None
    assert vs_code.build_link is not None
    (config,) = parse_qs(urlsplit(cursor.build_link(ENDPOINT)).query)["config"]
    assert json.loads(base64.b64decode(config)) == {"url": ENDPOINT}
    link = urlsplit(vs_code.build_link(ENDPOINT))
    assert json.loads(unquote(link.query)) == {"name": "get-images", "type": "http", "url": ENDPOINT}


@pytest.mark.parametrize("key", [KEY, None], ids=["with a key", "without"])
@pytest.mark.parametrize("client", clients.CLIENTS, ids=lambda client: client.slug)
def test_every_snippet_parses_as_its_format(client: Client, key: str | None) -> None:
    assert all(parse(snippet) for snippet in client.snippets(ENDPOINT, key))


@pytest.mark.parametrize("client", CONNECTING_CLIENTS, ids=lambda client: client.slug)
def test_every_client_has_the_url_and_the_key(client: Client) -> None:
    text = "\n".join(snippet.text for snippet in client.snippets(ENDPOINT, KEY))
    assert ENDPOINT in text
    assert KEY in text


@pytest.mark.parametrize("client", CONNECTING_CLIENTS, ids=lambda client: client.slug)
def test_without_a_key_snippets_have_a_variable_or_placeholder(client: Client) -> None:
    for snippet in client.snippets(ENDPOINT):
        placeholders = (clients.ENVIRONMENT_VARIABLE, "YOUR_API_KEY", "${input:")
        assert any(name in snippet.text for name in placeholders), snippet.title


@pytest.mark.parametrize(
    ("slug", "servers_field", "url_field", "other_fields"),
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
def test_each_file_has_the_fields_of_its_client(
    slug: str, servers_field: str | None, url_field: str, other_fields: Any
) -> None:
    endings: dict[Any, str] = {("gemini-cli", "mcpServers"): "alternative", (ROO_AND_KILO, "mcpServers"): "Roo Code"}
    ending = endings.get((slug, servers_field), "")
    assert entry(slug, servers_field, ending=ending) == {
        url_field: ENDPOINT,
        "headers": {"Authorization": HEADER},
        **other_fields,
    }


def test_vs_code_prompts_for_a_missing_key() -> None:
    config = json.loads(clients.BY_SLUG["vs-code"].snippets(ENDPOINT)[0].text)
    (key_input,) = config["inputs"]
    assert key_input["password"] is True
    header = config["servers"][clients.SERVER_NAME]["headers"]["Authorization"]
    assert header == f"Bearer ${{input:{key_input['id']}}}"


def test_claude_code_and_gemini_add_the_server_with_one_command() -> None:
    claude = shell_words(clients.BY_SLUG["claude-code"].snippets(ENDPOINT, KEY)[0])
    assert claude[:3] == ["claude", "mcp", "add"]
    assert claude[-4:] == ["get-images", ENDPOINT, "--header", f"Authorization: {HEADER}"]
    gemini = shell_words(clients.BY_SLUG["gemini-cli"].snippets(ENDPOINT, KEY)[0])
    assert gemini[:3] == ["gemini", "mcp", "add"]
    assert gemini[-4:] == ["--header", f"Authorization: {HEADER}", "get-images", ENDPOINT]


def test_codex_adds_the_server_with_one_command() -> None:
    words = shell_words(clients.BY_SLUG["codex-cli"].snippets(ENDPOINT, KEY)[0])
    assert words[:2] == ["export", f"{clients.ENVIRONMENT_VARIABLE}={KEY}"]
    assert words[2:6] == ["codex", "mcp", "add", "get-images"]
    assert words[6:] == ["--url", ENDPOINT, "--bearer-token-env-var", clients.ENVIRONMENT_VARIABLE]


def test_a_shared_file_contains_no_key() -> None:
    assert KEY not in snippet_titled(clients.BY_SLUG["claude-code"], "project").text


def test_codex_reads_the_key_from_a_variable_or_its_file() -> None:
    codex = clients.BY_SLUG["codex-cli"]
    server = tomllib.loads(snippet_titled(codex, "longer timeout").text)["mcp_servers"][clients.SERVER_NAME]
    assert (server["url"], server["bearer_token_env_var"]) == (ENDPOINT, clients.ENVIRONMENT_VARIABLE)
    with_key = tomllib.loads(snippet_titled(codex, "in the file").text)["mcp_servers"][clients.SERVER_NAME]
    assert with_key["http_headers"] == {"Authorization": HEADER}


def test_claude_desktop_uses_a_local_bridge() -> None:
    server = entry("claude-desktop", "mcpServers")
    assert server["args"][:3] == ["-y", "mcp-remote", ENDPOINT]
    assert server["env"] == {"AUTHORIZATION": HEADER}


def test_chatgpt_has_only_the_openapi_url() -> None:
    chatgpt = clients.BY_SLUG["chatgpt"]
    assert not chatgpt.connects
    assert chatgpt.snippets(ENDPOINT, KEY)[0].text == "https://images.example/api/v1/openapi.json"


def test_cursor_vs_code_and_lm_studio_have_links() -> None:
    assert [client.slug for client in LINKED_CLIENTS] == ["cursor", "vs-code", "lm-studio"]


@pytest.mark.parametrize("key", [KEY, None], ids=["with a key", "without"])
@pytest.mark.parametrize("slug", ["cursor", "lm-studio"])
def test_a_link_with_a_query_matches_the_snippet(slug: str, key: str | None) -> None:
    link = clients.BY_SLUG[slug].link(ENDPOINT, key)
    assert link is not None
    query = parse_qs(urlsplit(link).query)
    assert query["name"] == [clients.SERVER_NAME]
    assert json.loads(base64.b64decode(query["config"][0])) == entry(slug, "mcpServers", key=key)


@pytest.mark.parametrize("key", [KEY, None], ids=["with a key", "without"])
def test_the_vs_code_link_matches_the_snippet(key: str | None) -> None:
    vs_code = clients.BY_SLUG["vs-code"]
    link = vs_code.link(ENDPOINT, key)
    assert link is not None
    assert link.startswith("vscode:mcp/install?")
    config = json.loads(unquote(urlsplit(link).query))
    assert config.pop("name") == clients.SERVER_NAME
    assert config.pop("inputs", None) == json.loads(vs_code.snippets(ENDPOINT, key)[0].text).get("inputs")
    assert config == entry("vs-code", "servers", key=key)
