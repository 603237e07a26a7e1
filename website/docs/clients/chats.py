"""Chat applications on the desktop and the web, and any other MCP client."""

from mcp_gateway.tools.declarations import TOOLS
from website.docs.clients.client import (
    SERVER_NAME,
    Client,
    SignIn,
    Snippet,
    as_json,
    bearer,
    encoded_config,
    json_config,
    url_to_paste,
)

APPROVE = "Choose Connect. Your browser opens this site: sign in, and choose what the connection may spend."


def _claude_desktop(endpoint: str, key: str | None) -> tuple[Snippet, ...]:
    # The header value is in the environment, because a space in an argument breaks on Windows.
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
    connection = f"Transport: streamable HTTP\nURL: {endpoint}\nHeader: Authorization: {bearer(key)}"
    return (Snippet("Connection details", "text", connection), *json_config("Common configuration")(endpoint, key))


CLAUDE_AI = Client(
    slug="claude-ai",
    name="Claude on the web",
    label="claude.ai",
    mark="C",
    sign_in=SignIn(
        steps=(
            (
                "Go to Settings > Connectors and choose Add custom connector. In a Team or Enterprise plan, an owner "
                "adds it for the organization first."
            ),
            "Enter the name Get Images and the URL below. Leave the fields under Advanced settings empty.",
            APPROVE,
        ),
        build_snippets=url_to_paste,
    ),
    steps=("Claude on the web and on phones connects by signing in. It can't send an API key.",),
    build_snippets=lambda _endpoint, _key: (),
    check="In a chat, open the tools menu. get-images should be listed and on.",
    remarks=("A connector that you add on the web also works in Claude Desktop and in the mobile apps.",),
    connects=False,
)
CLAUDE_DESKTOP = Client(
    slug="claude-desktop",
    name="Claude Desktop",
    mark="CD",
    sign_in=SignIn(
        steps=(
            "Go to Settings > Connectors and choose Add custom connector.",
            "Enter the name Get Images and the URL below. Leave the fields under Advanced settings empty.",
            APPROVE,
        ),
        build_snippets=url_to_paste,
    ),
    steps=(
        (
            "The configuration file only starts local programs. With a key, use `mcp-remote`, a small local bridge "
            "that requires Node.js."
        ),
        (
            "Add the entry to `~/Library/Application Support/Claude/claude_desktop_config.json` on macOS or "
            "`%APPDATA%\\Claude\\claude_desktop_config.json` on Windows, and restart Claude Desktop. "
            "To open the file, go to Settings > Developer > Edit Config."
        ),
    ),
    build_snippets=_claude_desktop,
    check="In a chat, open the tools menu. Get Images should be listed and on. With the bridge, get-images is running "
    "under Settings > Developer.",
)
LM_STUDIO = Client(
    slug="lm-studio",
    name="LM Studio",
    mark="LM",
    steps=(
        "Use the button, or go to Program > Install > Edit mcp.json and add the entry.",
        "Choose a model that supports tool use.",
    ),
    build_snippets=json_config("mcp.json"),
    check="Turn on get-images in the chat's tool list. Its tools appear there.",
    build_link=lambda endpoint, key: f"lmstudio://add_mcp?name={SERVER_NAME}&config={encoded_config(endpoint, key)}",
)
CHATGPT = Client(
    slug="chatgpt",
    name="ChatGPT",
    mark="GP",
    sign_in=SignIn(
        steps=(
            "Go to Settings > Apps & Connectors > Advanced settings and turn on Developer mode.",
            "Go back, choose Create, and enter the name Get Images and the URL below, with the authentication OAuth.",
            APPROVE,
        ),
        build_snippets=url_to_paste,
    ),
    steps=(
        (
            "A custom GPT works in every account that can create one. Add an action, import the schema of the REST API "
            "from the URL below, and set the authentication to API key with the type Bearer."
        ),
    ),
    build_snippets=_chatgpt,
    check="In a new chat, choose Get Images from the tools menu and ask for your balance. A custom GPT asks once for "
    "permission to call this site.",
    connects=False,
)
OTHER = Client(
    slug="other",
    name="Any other client",
    label="Any other",
    mark="{}",
    steps=(
        (
            "Any client that supports MCP over streamable HTTP with a custom header can connect; only the field names "
            "differ. Look for remote or HTTP servers in its documentation."
        ),
        (
            "There is no local program to start and no separate URL for the older SSE transport. Clients send GET, "
            "POST and DELETE requests to the same URL."
        ),
    ),
    build_snippets=_other,
    check=f"List the client's tools. You should see {len(TOOLS)}, with names that start with getimages_.",
)
