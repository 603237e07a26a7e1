"""Command-line agents."""

from collections.abc import Callable

from website.docs.clients.client import (
    CALL_TIMEOUT_SECONDS,
    ENVIRONMENT_VARIABLE,
    KEY_PLACEHOLDER,
    SERVER_NAME,
    Client,
    SignIn,
    Snippet,
    as_json,
    bearer,
)

EXPORT = f"export {ENVIRONMENT_VARIABLE}="


def _claude_code(endpoint: str, key: str | None) -> tuple[Snippet, ...]:
    command = (
        "claude mcp add --transport http --scope user \\\n"
        f"  {SERVER_NAME} {endpoint} \\\n"
        f'  --header "Authorization: {bearer(key, placeholder=f"${ENVIRONMENT_VARIABLE}")}"'
    )
    # Claude Code expands ${...} in the file, so that a shared file contains no key.
    entry = {
        "type": "http",
        "url": endpoint,
        "headers": {"Authorization": bearer(None, placeholder=f"${{{ENVIRONMENT_VARIABLE}}}")},
    }
    return (
        Snippet("Terminal", "bash", command),
        Snippet(".mcp.json, shared with a project", "json", as_json({"mcpServers": {SERVER_NAME: entry}})),
    )


def _codex(endpoint: str, key: str | None) -> tuple[Snippet, ...]:
    command = (
        f"{EXPORT}{key or KEY_PLACEHOLDER}\n"
        f"codex mcp add {SERVER_NAME} --url {endpoint} \\\n"
        f"  --bearer-token-env-var {ENVIRONMENT_VARIABLE}"
    )
    with_variable = (
        f"[mcp_servers.{SERVER_NAME}]\n"
        f'url = "{endpoint}"\n'
        f'bearer_token_env_var = "{ENVIRONMENT_VARIABLE}"\n'
        f"tool_timeout_sec = {CALL_TIMEOUT_SECONDS}"
    )
    with_key = (
        f"[mcp_servers.{SERVER_NAME}]\n"
        f'url = "{endpoint}"\n'
        f'http_headers = {{ Authorization = "{bearer(key)}" }}\n'
        f"tool_timeout_sec = {CALL_TIMEOUT_SECONDS}"
    )
    return (
        Snippet("Terminal", "bash", command),
        Snippet("~/.codex/config.toml, with a longer timeout", "toml", with_variable),
        Snippet("~/.codex/config.toml, with the key in the file", "toml", with_key),
    )


def _gemini(endpoint: str, key: str | None) -> tuple[Snippet, ...]:
    command = (
        "gemini mcp add --scope user --transport http \\\n"
        f'  --header "Authorization: {bearer(key, placeholder=f"${ENVIRONMENT_VARIABLE}")}" \\\n'
        f"  {SERVER_NAME} {endpoint}"
    )
    entry = {
        "httpUrl": endpoint,
        "headers": {"Authorization": bearer(key, placeholder=f"${ENVIRONMENT_VARIABLE}")},
        "timeout": CALL_TIMEOUT_SECONDS * 1000,
    }
    return (
        Snippet("Terminal", "bash", command),
        Snippet("~/.gemini/settings.json, as an alternative", "json", as_json({"mcpServers": {SERVER_NAME: entry}})),
    )


def _warp(endpoint: str, key: str | None) -> tuple[Snippet, ...]:
    entry = {"url": endpoint, "headers": {"Authorization": bearer(key)}}
    return (Snippet("Paste as a new server", "json", as_json({SERVER_NAME: entry})),)


def _terminal(command: str) -> Callable[[str], tuple[Snippet, ...]]:
    """Return a builder for a command with {name} and {url}."""
    return lambda endpoint: (Snippet("Terminal", "bash", command.format(name=SERVER_NAME, url=endpoint)),)


CLAUDE_CODE = Client(
    slug="claude-code",
    name="Claude Code",
    mark="CC",
    sign_in=SignIn(
        steps=("Add the server, then sign in. In a session, `/mcp` does the same: choose get-images > Authenticate.",),
        build_snippets=_terminal("claude mcp add --transport http --scope user {name} {url}\nclaude mcp login {name}"),
    ),
    steps=(
        (
            "Run the command once. `--scope user` adds the server to all your projects, `--scope local` (the default) "
            "to the current project for you only, and `--scope project` to `.mcp.json`, which your team shares."
        ),
        (
            "If you write the entry yourself, include its `type`. Without it, Claude Code expects a local program and "
            "reports `command: expected string`. Approve a project's server once when Claude Code asks."
        ),
    ),
    build_snippets=_claude_code,
    check="List the servers, or run `/mcp` in a session.",
    check_snippet=Snippet("Terminal", "bash", "claude mcp list"),
    remarks=(
        (
            "Progress notifications keep a call alive. If calls still time out, set `MCP_TOOL_TIMEOUT` (in "
            "milliseconds). `MCP_TIMEOUT` applies only to starting a server."
        ),
        (
            "Scripts can't ask for approval, so allow the tool: "
            "`claude -p --allowedTools mcp__get-images__getimages_generate_image`."
        ),
    ),
)
CODEX = Client(
    slug="codex-cli",
    name="Codex CLI",
    mark="Cx",
    sign_in=SignIn(
        steps=("Add the server, then sign in.",),
        build_snippets=_terminal("codex mcp add {name} --url {url}\ncodex mcp login {name}"),
    ),
    steps=(
        (
            "Run the command, or add the block to `~/.codex/config.toml` yourself. Codex reads the key from the "
            "environment, not from the file, so add the `export` line to your shell profile."
        ),
        "Restart Codex. Its editor extension reads the same file.",
    ),
    build_snippets=_codex,
    check="List the servers, or type `/mcp` in Codex.",
    check_snippet=Snippet("Terminal", "bash", "codex mcp list"),
    remarks=(
        (
            "Codex limits the total time of a call and doesn't extend it on progress. The command can't set "
            "`tool_timeout_sec`, so add that line to the block it wrote."
        ),
        (
            "`codex exec` refuses tools that need approval. For scripts, add "
            '`default_tools_approval_mode = "approve"` to the same block.'
        ),
    ),
)
GEMINI = Client(
    slug="gemini-cli",
    name="Gemini CLI",
    mark="Ge",
    sign_in=SignIn(
        steps=("Add the server, start Gemini CLI, and type `/mcp auth get-images` to sign in.",),
        build_snippets=_terminal("gemini mcp add --scope user --transport http {name} {url}"),
    ),
    steps=(
        "Run the command, or add the entry to the settings file yourself. The URL goes in the field `httpUrl`.",
        "Restart Gemini CLI.",
    ),
    build_snippets=_gemini,
    check="List the servers, or type `/mcp` in a session. Servers are disabled in folders you haven't trusted.",
    check_snippet=Snippet("Terminal", "bash", "gemini mcp list"),
)
WARP = Client(
    slug="warp",
    name="Warp",
    mark="Wa",
    steps=("Go to Settings > AI > Manage MCP servers and choose Add.", "Paste the entry and save it."),
    build_snippets=_warp,
    check="The server is listed there as running, with its tools.",
)
