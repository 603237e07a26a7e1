"""Agents in a terminal."""

from website.docs.clients.client import (
    CALL_TIMEOUT_SECONDS,
    ENVIRONMENT_VARIABLE,
    PLACE,
    SERVER_NAME,
    Client,
    Snippet,
    as_json,
    bearer,
)

EXPORT = f"export {ENVIRONMENT_VARIABLE}="


def _claude_code(endpoint: str, key: str | None) -> tuple[Snippet, ...]:
    command = (
        "claude mcp add --transport http --scope user \\\n"
        f"  {SERVER_NAME} {endpoint} \\\n"
        f'  --header "Authorization: {bearer(key, instead=f"${ENVIRONMENT_VARIABLE}")}"'
    )
    # Claude Code replaces ${...} in the file, so that a file which a team shares holds no key.
    entry = {
        "type": "http",
        "url": endpoint,
        "headers": {"Authorization": bearer(None, instead=f"${{{ENVIRONMENT_VARIABLE}}}")},
    }
    return (
        Snippet("Terminal", "bash", command),
        Snippet(".mcp.json, to share with a project", "json", as_json({"mcpServers": {SERVER_NAME: entry}})),
    )


def _codex(endpoint: str, key: str | None) -> tuple[Snippet, ...]:
    command = (
        f"{EXPORT}{key or PLACE}\n"
        f"codex mcp add {SERVER_NAME} --url {endpoint} \\\n"
        f"  --bearer-token-env-var {ENVIRONMENT_VARIABLE}"
    )
    variable = (
        f"[mcp_servers.{SERVER_NAME}]\n"
        f'url = "{endpoint}"\n'
        f'bearer_token_env_var = "{ENVIRONMENT_VARIABLE}"\n'
        f"tool_timeout_sec = {CALL_TIMEOUT_SECONDS}"
    )
    inline = (
        f"[mcp_servers.{SERVER_NAME}]\n"
        f'url = "{endpoint}"\n'
        f'http_headers = {{ Authorization = "{bearer(key)}" }}\n'
        f"tool_timeout_sec = {CALL_TIMEOUT_SECONDS}"
    )
    return (
        Snippet("Terminal", "bash", command),
        Snippet("~/.codex/config.toml, with the time that large models need", "toml", variable),
        Snippet("~/.codex/config.toml, with the key in the file", "toml", inline),
    )


def _gemini(endpoint: str, key: str | None) -> tuple[Snippet, ...]:
    command = (
        "gemini mcp add --scope user --transport http \\\n"
        f'  --header "Authorization: {bearer(key, instead=f"${ENVIRONMENT_VARIABLE}")}" \\\n'
        f"  {SERVER_NAME} {endpoint}"
    )
    entry = {
        "httpUrl": endpoint,
        "headers": {"Authorization": bearer(key, instead=f"${ENVIRONMENT_VARIABLE}")},
        "timeout": CALL_TIMEOUT_SECONDS * 1000,
    }
    return (
        Snippet("Terminal", "bash", command),
        Snippet("~/.gemini/settings.json, instead", "json", as_json({"mcpServers": {SERVER_NAME: entry}})),
    )


def _warp(endpoint: str, key: str | None) -> tuple[Snippet, ...]:
    entry = {"url": endpoint, "headers": {"Authorization": bearer(key)}}
    return (Snippet("Paste as a new server", "json", as_json({SERVER_NAME: entry})),)


CLAUDE_CODE = Client(
    slug="claude-code",
    name="Claude Code",
    mark="CC",
    steps=(
        (
            "Run the command once. `--scope user` makes the server available everywhere; `--scope local` (the "
            "default) keeps it to this one, for you alone; `--scope project` writes `.mcp.json`, which a team shares."
        ),
        (
            "Written by hand, an entry needs its `type`: without one it is taken for a local program, and refused with "
            "`command: expected string`. A project's server has to be approved once."
        ),
    ),
    make_snippets=_claude_code,
    check="List the servers, or run `/mcp` inside a session.",
    check_snippet=Snippet("Terminal", "bash", "claude mcp list"),
    remarks=(
        (
            "Progress messages keep a call alive. Should one end too early, set `MCP_TOOL_TIMEOUT` in milliseconds; "
            "`MCP_TIMEOUT` is about starting a server."
        ),
    ),
)
CODEX = Client(
    slug="codex-cli",
    name="Codex CLI",
    mark="Cx",
    steps=(
        (
            "Run the command, or write the block into `~/.codex/config.toml` yourself. The key comes from the "
            "environment and stays out of the file: keep the `export` where your shell finds it when Codex starts."
        ),
        "Start Codex again afterwards. Its extension for editors reads the same file.",
    ),
    make_snippets=_codex,
    check="List the servers, or type `/mcp` inside Codex.",
    check_snippet=Snippet("Terminal", "bash", "codex mcp list"),
    remarks=(
        (
            "Codex counts the whole time of a call and does not extend it on progress. The command cannot set "
            "`tool_timeout_sec`: add that line to the block which it wrote."
        ),
    ),
)
GEMINI = Client(
    slug="gemini-cli",
    name="Gemini CLI",
    mark="Ge",
    steps=(
        "Run the command, or add the entry to the settings file yourself: the field for the address is `httpUrl`.",
        "Start Gemini CLI again afterwards.",
    ),
    make_snippets=_gemini,
    check="List the servers, or type `/mcp` inside a session. Servers stay off in folders that you have not trusted.",
    check_snippet=Snippet("Terminal", "bash", "gemini mcp list"),
)
WARP = Client(
    slug="warp",
    name="Warp",
    mark="Wa",
    steps=("Open Settings, then AI, then Manage MCP servers, and choose Add.", "Paste the entry and save."),
    make_snippets=_warp,
    check="The server is listed there as running, with its tools.",
)
