"""Editors and their extensions."""

import json
from typing import Any
from urllib.parse import quote

from website.docs.clients.client import (
    CALL_TIMEOUT_SECONDS,
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
# Several editors replace this with the variable's value.
FROM_ENVIRONMENT = f"${{env:{ENVIRONMENT_VARIABLE}}}"


def _vs_code(endpoint: str, key: str | None) -> tuple[Snippet, ...]:
    setting = {**_vs_code_inputs(key), "servers": {SERVER_NAME: _vs_code_entry(endpoint, key)}}
    return (Snippet(".vscode/mcp.json", "json", as_json(setting)),)


def _vs_code_link(endpoint: str, key: str | None) -> str:
    setting = {"name": SERVER_NAME, **_vs_code_inputs(key), **_vs_code_entry(endpoint, key)}
    return "vscode:mcp/install?" + quote(json.dumps(setting), safe="")


def _vs_code_entry(endpoint: str, key: str | None) -> dict[str, Any]:
    authorization = bearer(key, instead=f"${{input:{INPUT}}}")
    return {"type": "http", "url": endpoint, "headers": {"Authorization": authorization}}


def _vs_code_inputs(key: str | None) -> dict[str, Any]:
    # The editor asks for the key once and keeps it itself, so that the file can be shared.
    asked = {"type": "promptString", "id": INPUT, "description": "Get Images API key", "password": True}
    return {} if key else {"inputs": [asked]}


def _roo_and_kilo(endpoint: str, key: str | None) -> tuple[Snippet, ...]:
    # Kilo Code would begin OAuth with a server that answers 401, were it not told that there is none.
    kilo = {
        "type": "remote",
        "url": endpoint,
        "headers": {"Authorization": bearer(key, instead=f"{{env:{ENVIRONMENT_VARIABLE}}}")},
        "oauth": False,
        "timeout": CALL_TIMEOUT_SECONDS * 1000,
    }
    roo = json_setting(
        ".roo/mcp.json, for Roo Code",
        instead=FROM_ENVIRONMENT,
        type="streamable-http",
        timeout=CALL_TIMEOUT_SECONDS,
    )
    return (
        Snippet(".kilo/kilo.jsonc, for Kilo Code", "json", as_json({"mcp": {SERVER_NAME: kilo}})),
        *roo(endpoint, key),
    )


CURSOR = Client(
    slug="cursor",
    name="Cursor",
    mark="Cu",
    steps=(
        "Use the button, or add the entry to `~/.cursor/mcp.json` for all projects or `.cursor/mcp.json` for this one.",
        "Save, and start Cursor again so that it sees the file and the variable.",
    ),
    make_snippets=json_setting("~/.cursor/mcp.json", instead=FROM_ENVIRONMENT),
    check="Open Customize (or Settings in older versions), then MCPs: get-images is on and lists its tools.",
    make_link=lambda endpoint, key: (
        f"cursor://anysphere.cursor-deeplink/mcp/install?name={SERVER_NAME}"
        f"&config={encoded_config(endpoint, key, instead=FROM_ENVIRONMENT)}"
    ),
)
VS_CODE = Client(
    slug="vs-code",
    name="VS Code",
    mark="VS",
    steps=(
        "Use the button, or add the entry to `.vscode/mcp.json` of a project; its field is `servers`.",
        "For all projects run `MCP: Open User Configuration` from the command palette and add it there.",
        "VS Code asks for the key when it first starts the server, and keeps it out of the file.",
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
    make_snippets=json_setting("~/.codeium/windsurf/mcp_config.json", address="serverUrl", instead=FROM_ENVIRONMENT),
    check="The panel lists get-images with its tools.",
    remarks=("On Windows the file is `%USERPROFILE%\\.codeium\\windsurf\\mcp_config.json`.",),
)
CLINE = Client(
    slug="cline",
    name="Cline",
    mark="Cl",
    steps=(
        "Open MCP Servers in Cline's side bar, then Configure, then Configure MCP Servers.",
        "Add the entry; its `type` has to be there.",
    ),
    make_snippets=json_setting("cline_mcp_settings.json", type="streamableHttp", timeout=CALL_TIMEOUT_SECONDS),
    check="The server's dot in that list turns green.",
    remarks=(
        "Without `timeout`, in seconds, Cline ends a call after one minute. The list has a field for it, too.",
        "Cline in a terminal reads `~/.cline/data/settings/cline_mcp_settings.json`, with the same entry.",
    ),
)
ROO_AND_KILO = Client(
    slug="roo-code-and-kilo-code",
    name="Roo Code and Kilo Code",
    label="Roo / Kilo",
    mark="RK",
    steps=(
        (
            "Kilo Code reads `.kilo/kilo.jsonc` in a project and `~/.config/kilo/kilo.jsonc` for all of them; a "
            "server stands under `mcp`, and its `type` is `remote`. Reload the window afterwards."
        ),
        (
            "Roo Code ended in May 2026. A copy that is still installed, a fork of it, and the old Kilo Code before it "
            "was rebuilt read the second entry: from `.roo/mcp.json` or `.kilocode/mcp.json`."
        ),
    ),
    make_snippets=_roo_and_kilo,
    check="The server is listed as connected in the extension's MCP settings.",
    remarks=("Without `timeout` both end a call within a minute. Kilo Code counts milliseconds, Roo Code seconds.",),
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
    label="JetBrains",
    mark="JB",
    steps=(
        "Open Settings, then Tools, AI Assistant, Model Context Protocol (MCP), and add a server of the type HTTP.",
        "Paste the entry, or fill in the name get-images, the address, and the header Authorization. Apply.",
    ),
    make_snippets=json_setting("Paste as JSON"),
    check="The status column says that it is connected and lists the tools.",
    remarks=(
        (
            "JetBrains does not document headers for every version. Where yours leaves them out, the server answers "
            "`missing_key`: then add the local bridge from the page of Claude Desktop, as a server of the type STDIO."
        ),
    ),
)
