"""Chat applications on the desktop and the web, and whatever else speaks MCP."""

from website.docs.clients.client import SERVER_NAME, Client, Snippet, as_json, bearer, encoded_config, json_setting


def _claude_desktop(endpoint: str, key: str | None) -> tuple[Snippet, ...]:
    # The header's value comes from the environment because a space in an argument breaks on Windows.
    entry = {
        "command": "npx",
        "args": ["-y", "mcp-remote", endpoint, "--header", "Authorization:${AUTHORIZATION}"],
        "env": {"AUTHORIZATION": bearer(key)},
    }
    return (Snippet("claude_desktop_config.json", "json", as_json({"mcpServers": {SERVER_NAME: entry}})),)


def _chatgpt(endpoint: str, _key: str | None) -> tuple[Snippet, ...]:
    document = endpoint.removesuffix("/api/mcp") + "/api/v1/openapi.json"
    return (Snippet("Schema to import into a custom GPT", "text", document),)


def _other(endpoint: str, key: str | None) -> tuple[Snippet, ...]:
    facts = f"Transport: streamable HTTP\nURL: {endpoint}\nHeader: Authorization: {bearer(key)}"
    return (Snippet("What every client asks for", "text", facts), *json_setting("As most write it")(endpoint, key))


CLAUDE_DESKTOP = Client(
    slug="claude-desktop",
    name="Claude Desktop",
    mark="CD",
    steps=(
        (
            "Its own connectors sign in with OAuth, which this server does not offer yet, and its configuration file "
            "starts local programs only. So a small local bridge, `mcp-remote`, carries the calls; it needs Node.js."
        ),
        (
            "Add the entry to `~/Library/Application Support/Claude/claude_desktop_config.json` on macOS or "
            "`%APPDATA%\\Claude\\claude_desktop_config.json` on Windows, and start Claude Desktop again. "
            "Settings, then Developer, then Edit Config opens the file."
        ),
    ),
    make_snippets=_claude_desktop,
    check="Open Settings, then Developer: get-images is listed as running.",
    remarks=(
        (
            "Some accounts have a beta in which Add custom connector asks for request headers. There no bridge is "
            "needed: give the address, and Authorization with the value Bearer and your key."
        ),
    ),
)
LM_STUDIO = Client(
    slug="lm-studio",
    name="LM Studio",
    mark="LM",
    steps=(
        "Use the button, or open Program, Install, Edit mcp.json, and add the entry.",
        "Choose a model that can use tools.",
    ),
    make_snippets=json_setting("mcp.json"),
    check="Switch get-images on in the chat's list of tools; it shows what the server offers.",
    make_link=lambda endpoint, key: f"lmstudio://add_mcp?name={SERVER_NAME}&config={encoded_config(endpoint, key)}",
)
CHATGPT = Client(
    slug="chatgpt",
    name="ChatGPT",
    mark="GP",
    steps=(
        (
            "Apps that you add in ChatGPT's developer mode sign in with OAuth, which this server does not offer yet, "
            "or not at all. Should your account's dialog take an API key or a bearer token, the address and a key do."
        ),
        (
            "A custom GPT works in every account that can make one: add an action, import the schema of the REST API "
            "from the address below, and set its authentication to API key, of the type Bearer."
        ),
    ),
    make_snippets=_chatgpt,
    check="Ask the GPT for your balance; it asks once whether it may call this site.",
    connects=False,
)
OTHER = Client(
    slug="other",
    name="Any other client",
    label="Any other",
    mark="{}",
    steps=(
        (
            "Every client that speaks MCP over streamable HTTP and sends a header can connect; only the names of the "
            "fields differ. Look in its documentation for remote or HTTP servers."
        ),
        (
            "There is no local program to start and no address for the older SSE transport. The one address answers "
            "GET, POST and DELETE; the client knows which it needs."
        ),
    ),
    make_snippets=_other,
    check="Let it list its tools: the six that begin with getimages_ are there.",
)
