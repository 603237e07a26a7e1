"""Editors and their extensions."""

import json
from typing import Any
from urllib.parse import quote

from website.docs.clients.client import (
    CALL_TIMEOUT_SECONDS,
    ENVIRONMENT_VARIABLE,
    SERVER_NAME,
    Client,
    SignIn,
    Snippet,
    as_json,
    bearer,
    encode,
    encoded_config,
    json_config,
    url_config,
)

INPUT = "get-images-api-key"
# Several editors replace this with the value of the environment variable.
FROM_ENVIRONMENT = f"${{env:{ENVIRONMENT_VARIABLE}}}"


def _vs_code(endpoint: str, key: str | None) -> tuple[Snippet, ...]:
    config = {**_vs_code_inputs(key), "servers": {SERVER_NAME: _vs_code_entry(endpoint, key)}}
    return (Snippet(".vscode/mcp.json", "json", as_json(config)),)


def _vs_code_link(endpoint: str, key: str | None) -> str:
    config = {"name": SERVER_NAME, **_vs_code_inputs(key), **_vs_code_entry(endpoint, key)}
    return "vscode:mcp/install?" + quote(json.dumps(config), safe="")


def _vs_code_entry(endpoint: str, key: str | None) -> dict[str, Any]:
    authorization = bearer(key, placeholder=f"${{input:{INPUT}}}")
    return {"type": "http", "url": endpoint, "headers": {"Authorization": authorization}}


def _vs_code_inputs(key: str | None) -> dict[str, Any]:
    # The editor prompts for the key once and stores it, so that the file can be shared.
    key_input = {"type": "promptString", "id": INPUT, "description": "Get Images API key", "password": True}
    return {} if key else {"inputs": [key_input]}


def _roo_and_kilo(endpoint: str, key: str | None) -> tuple[Snippet, ...]:
    # Without "oauth": False, Kilo Code starts an OAuth flow when it receives a 401.
    kilo = {
        "type": "remote",
        "url": endpoint,
        "headers": {"Authorization": bearer(key, placeholder=f"{{env:{ENVIRONMENT_VARIABLE}}}")},
        "oauth": False,
        "timeout": CALL_TIMEOUT_SECONDS * 1000,
    }
    roo = json_config(
        ".roo/mcp.json for Roo Code",
        placeholder=FROM_ENVIRONMENT,
        type="streamable-http",
        timeout=CALL_TIMEOUT_SECONDS,
    )
    return (
        Snippet(".kilo/kilo.jsonc for Kilo Code", "json", as_json({"mcp": {SERVER_NAME: kilo}})),
        *roo(endpoint, key),
    )


CURSOR = Client(
    slug="cursor",
    name="Cursor",
    mark="Cu",
    sign_in=SignIn(
        steps=(
            "Use the button, or add the entry to `~/.cursor/mcp.json`.",
            "Open Customize (Settings in older versions), go to MCPs, and choose Needs login next to get-images.",
        ),
        build_snippets=url_config("~/.cursor/mcp.json"),
        build_link=lambda endpoint: (
            f"cursor://anysphere.cursor-deeplink/mcp/install?name={SERVER_NAME}&config={encode({'url': endpoint})}"
        ),
    ),
    steps=(
        "Use the button, or add the entry to `~/.cursor/mcp.json` for all projects or `.cursor/mcp.json` for one.",
        "Save the file and restart Cursor, so that it reads the file and the environment variable.",
    ),
    build_snippets=json_config("~/.cursor/mcp.json", placeholder=FROM_ENVIRONMENT),
    check="Open Customize (Settings in older versions) and go to MCPs. get-images should be on, with its tools listed.",
    build_link=lambda endpoint, key: (
        f"cursor://anysphere.cursor-deeplink/mcp/install?name={SERVER_NAME}"
        f"&config={encoded_config(endpoint, key, placeholder=FROM_ENVIRONMENT)}"
    ),
)
VS_CODE = Client(
    slug="vs-code",
    name="VS Code",
    mark="VS",
    sign_in=SignIn(
        steps=(
            (
                "Use the button, or add the entry to `.vscode/mcp.json`. For all projects, run "
                "`MCP: Open User Configuration` from the command palette and add it there."
            ),
            "Start the server. VS Code asks to sign in and opens the browser.",
        ),
        build_snippets=url_config(".vscode/mcp.json", servers_field="servers", type="http"),
        build_link=lambda endpoint: (
            "vscode:mcp/install?" + quote(json.dumps({"name": SERVER_NAME, "type": "http", "url": endpoint}), safe="")
        ),
    ),
    steps=(
        "Use the button, or add the entry to `.vscode/mcp.json` in a project, under `servers`.",
        "For all projects, run `MCP: Open User Configuration` from the command palette and add the entry there.",
        "VS Code prompts for the key when it first starts the server, and doesn't write it to the file.",
    ),
    build_snippets=_vs_code,
    check="Run `MCP: List Servers` from the command palette, choose get-images and start it. Copilot Chat in agent "
    "mode then lists its tools.",
    remarks=(
        (
            "The Continue extension has its own file. Add an entry under `mcpServers` with `type: streamable-http`, "
            "the `url`, and the header under `requestOptions`."
        ),
    ),
    build_link=_vs_code_link,
)
WINDSURF = Client(
    slug="windsurf",
    name="Windsurf",
    mark="Wi",
    steps=(
        (
            "Open the MCP panel in Cascade and choose Configure, or edit `~/.codeium/windsurf/mcp_config.json`. "
            "The URL goes in the field `serverUrl`."
        ),
        "Save the file and refresh the panel.",
    ),
    build_snippets=json_config(
        "~/.codeium/windsurf/mcp_config.json", url_field="serverUrl", placeholder=FROM_ENVIRONMENT
    ),
    check="The panel lists get-images and its tools.",
    remarks=("On Windows, the file is `%USERPROFILE%\\.codeium\\windsurf\\mcp_config.json`.",),
)
CLINE = Client(
    slug="cline",
    name="Cline",
    mark="Cl",
    steps=(
        "Open MCP Servers in Cline's sidebar and choose Configure > Configure MCP Servers.",
        "Add the entry. Its `type` is required.",
    ),
    build_snippets=json_config("cline_mcp_settings.json", type="streamableHttp", timeout=CALL_TIMEOUT_SECONDS),
    check="The dot next to the server in that list turns green.",
    remarks=(
        "Without `timeout` (in seconds), Cline ends a call after one minute. You can also set it in the list.",
        "Cline in a terminal reads the same entry from `~/.cline/data/settings/cline_mcp_settings.json`.",
    ),
)
ROO_AND_KILO = Client(
    slug="roo-code-and-kilo-code",
    name="Roo Code and Kilo Code",
    label="Roo / Kilo",
    mark="RK",
    steps=(
        (
            "Kilo Code reads `.kilo/kilo.jsonc` in a project, or `~/.config/kilo/kilo.jsonc` for all projects. Add the "
            "entry under `mcp` with the `type` `remote`, and reload the window."
        ),
        (
            "Roo Code was discontinued in May 2026. Existing installations, its forks, and older versions of Kilo Code "
            "read the second entry, from `.roo/mcp.json` or `.kilocode/mcp.json`."
        ),
    ),
    build_snippets=_roo_and_kilo,
    check="The extension's MCP settings list the server as connected.",
    remarks=("Without `timeout`, both end a call within a minute. Kilo Code expects milliseconds, Roo Code seconds.",),
)
ZED = Client(
    slug="zed",
    name="Zed",
    mark="Ze",
    sign_in=SignIn(
        steps=(
            "Open `settings.json` with `zed: open settings file` and add the entry under `context_servers`.",
            "Zed asks to sign in and opens the browser.",
        ),
        build_snippets=url_config("settings.json", servers_field="context_servers"),
    ),
    steps=(
        "Open `settings.json` with `zed: open settings file` and add the entry under `context_servers`.",
        "You can also use Add Custom Server in the agent panel's settings.",
    ),
    build_snippets=json_config("settings.json", servers_field="context_servers"),
    check="The agent panel's settings show a green dot next to get-images.",
)
JETBRAINS = Client(
    slug="jetbrains",
    name="JetBrains AI Assistant",
    label="JetBrains",
    mark="JB",
    steps=(
        "Go to Settings > Tools > AI Assistant > Model Context Protocol (MCP) and add a server of the type HTTP.",
        "Paste the entry, or enter the name get-images, the URL and the Authorization header. Choose Apply.",
    ),
    build_snippets=json_config("Paste as JSON"),
    check="The status column shows that the server is connected, and lists its tools.",
    remarks=(
        (
            "JetBrains doesn't document headers for every version. If yours doesn't send them, the server returns "
            "`missing_key`. Then add the local bridge from the Claude Desktop page as a server of the type STDIO."
        ),
    ),
)
