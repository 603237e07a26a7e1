"""Editors and their extensions."""

import json
from urllib.parse import quote

from .client import (
    ENVIRONMENT_VARIABLE,
    SERVER_NAME,
    Client,
    Snippet,
    as_json,
    bearer,
    encoded_config,
    json_setting,
)

INPUT = "get-images-api-key"


def _vs_code(endpoint: str, key: str | None) -> tuple[Snippet, ...]:
    # The editor asks for the key once and keeps it itself, so that the file can be shared.
    prompt = {"type": "promptString", "id": INPUT, "description": "Get Images API key", "password": True}
    authorization = bearer(key, instead=f"${{input:{INPUT}}}")
    entry = {"type": "http", "url": endpoint, "headers": {"Authorization": authorization}}
    setting = {"servers": {SERVER_NAME: entry}} if key else {"inputs": [prompt], "servers": {SERVER_NAME: entry}}
    return (Snippet(".vscode/mcp.json", "json", as_json(setting)),)


def _vs_code_link(endpoint: str, key: str) -> str:
    entry = {"name": SERVER_NAME, "type": "http", "url": endpoint, "headers": {"Authorization": bearer(key)}}
    return "vscode:mcp/install?" + quote(json.dumps(entry), safe="")


def _roo_and_kilo(endpoint: str, key: str | None) -> tuple[Snippet, ...]:
    files = (".roo/mcp.json, for Roo Code", ".kilocode/mcp.json, for Kilo Code")
    return tuple(
        json_setting(file, instead=f"${{env:{ENVIRONMENT_VARIABLE}}}", type="streamable-http")(endpoint, key)[0]
        for file in files
    )


CURSOR = Client(
    slug="cursor",
    name="Cursor",
    mark="Cu",
    steps=(
        "Use the button, or add the entry to `~/.cursor/mcp.json` (all projects) or `.cursor/mcp.json` (this one).",
        "Without a key in it the entry reads the variable of that name from your environment.",
    ),
    make_snippets=json_setting("~/.cursor/mcp.json", instead=f"${{env:{ENVIRONMENT_VARIABLE}}}"),
    check="Open Cursor's settings, then MCP: the server has a green dot and its tools. Reload the window if not.",
    make_link=lambda endpoint, key: (
        f"cursor://anysphere.cursor-deeplink/mcp/install?name={SERVER_NAME}&config={encoded_config(endpoint, key)}"
    ),
)
VS_CODE = Client(
    slug="vs-code",
    name="VS Code",
    mark="VS",
    steps=(
        "Use the button, or add the entry to `.vscode/mcp.json` of a project; its field is `servers`.",
        "For all projects run `MCP: Open User Configuration` from the command palette and add it there.",
    ),
    make_snippets=_vs_code,
    check="Run `MCP: List Servers` from the command palette, choose get-images and start it; Copilot Chat in agent "
    "mode then lists its tools.",
    remarks=(
        (
            "The extension Continue has a file of its own: an entry under `mcpServers` with `type: streamable-http`, "
            "the `url`, and the header under `requestOptions`."
        ),
    ),
    make_link=_vs_code_link,
)
WINDSURF = Client(
    slug="windsurf",
    name="Windsurf",
    mark="Wi",
    steps=(
        (
            "Open the MCP panel in Cascade, then Configure, or edit the file: "
            "`~/.codeium/windsurf/mcp_config.json`. The field for the address is `serverUrl`."
        ),
        "Save, and refresh the panel.",
    ),
    make_snippets=json_setting(
        "~/.codeium/windsurf/mcp_config.json", address="serverUrl", instead=f"${{env:{ENVIRONMENT_VARIABLE}}}"
    ),
    check="The panel lists get-images with its tools.",
)
CLINE = Client(
    slug="cline",
    name="Cline",
    mark="Cl",
    steps=(
        "Open MCP Servers in Cline's side bar, then Configure, then Configure MCP Servers.",
        "Add the entry; its `type` has to be there.",
    ),
    make_snippets=json_setting("cline_mcp_settings.json", type="streamableHttp"),
    check="The server's dot in that list turns green.",
    remarks=("Cline gives a call a minute by itself: raise the server's request timeout in its list.",),
)
ROO_AND_KILO = Client(
    slug="roo-code-and-kilo-code",
    name="Roo Code and Kilo Code",
    mark="RK",
    steps=(
        (
            "Add the entry to the file of the project: `.roo/mcp.json` or `.kilocode/mcp.json`. Both have a file "
            "for all projects, too, which their MCP settings open."
        ),
        "Its `type` has to be there.",
    ),
    make_snippets=_roo_and_kilo,
    check="The server is listed as connected in the extension's MCP settings.",
    remarks=("Both give a call a minute by themselves: raise the network timeout in the server's settings.",),
)
ZED = Client(
    slug="zed",
    name="Zed",
    mark="Ze",
    steps=(
        "Open `settings.json` with `zed: open settings file` and add the entry under `context_servers`.",
        "The agent panel's settings can add it too: Add Custom Server.",
    ),
    make_snippets=json_setting("settings.json", under="context_servers"),
    check="The agent panel's settings show a green dot beside get-images.",
)
JETBRAINS = Client(
    slug="jetbrains",
    name="JetBrains AI Assistant",
    mark="JB",
    steps=(
        "Open Settings, then Tools, AI Assistant, Model Context Protocol (MCP), and add a server of the type HTTP.",
        "Paste the entry, or fill in the name get-images, the address, and the header Authorization.",
    ),
    make_snippets=json_setting("Paste as JSON"),
    check="Apply; the status column says that it is connected and lists the tools.",
)
