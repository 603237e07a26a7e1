"""Command-line agents connect to the running service as documented, without interaction."""

import json
import os
import subprocess
from pathlib import Path
from typing import IO, Any

import pytest

from mcp_gateway.tools.declarations import TOOLS
from tests.clients.service import CLIENT_TIMEOUT_SECONDS, NODE, Access, run

# The tests do not use the database directly, but without this mark there would be none.
pytestmark = [pytest.mark.agents, pytest.mark.django_db]

PROGRAMS = NODE / "clients/agents/node_modules/.bin"


def test_claude_code_connects(access: Access, tmp_path: Path) -> None:
    bearer = f"Authorization: Bearer {access.key}"
    add = ["mcp", "add", "--transport", "http", "get-images", access.url, "--header", bearer]
    run(PROGRAMS / "claude", *add, folder=tmp_path)
    assert "✔ Connected" in run(PROGRAMS / "claude", "mcp", "list", folder=tmp_path)


def test_claude_code_signs_in(access: Access, person: dict[str, str], tmp_path: Path) -> None:
    run(PROGRAMS / "claude", "mcp", "add", "--transport", "http", "get-images", access.url, folder=tmp_path)
    # It opens the browser only in a terminal, which `script` provides.
    login = f"{PROGRAMS / 'claude'} mcp login get-images"
    run("script", "--quiet", "--return", "--command", login, "/dev/null", folder=tmp_path, **person)
    assert "✔ Connected" in run(PROGRAMS / "claude", "mcp", "list", folder=tmp_path)


def test_codex_signs_in(access: Access, person: dict[str, str], tmp_path: Path) -> None:
    environment = {**person, "CODEX_HOME": str(tmp_path)}
    run(PROGRAMS / "codex", "mcp", "add", "get-images", "--url", access.url, folder=tmp_path, **environment)
    listed = run(PROGRAMS / "codex", "mcp", "list", folder=tmp_path, **environment)
    if "OAuth" not in listed:
        run(PROGRAMS / "codex", "mcp", "login", "get-images", folder=tmp_path, **environment)
        listed = run(PROGRAMS / "codex", "mcp", "list", folder=tmp_path, **environment)
    assert "OAuth" in listed


def test_opencode_signs_in(access: Access, person: dict[str, str], tmp_path: Path) -> None:
    server = {"type": "remote", "url": access.url}
    (tmp_path / "opencode.json").write_text(json.dumps({"mcp": {"get-images": server}}))
    run(PROGRAMS / "opencode", "mcp", "auth", "get-images", folder=tmp_path, **person)
    listed = run(PROGRAMS / "opencode", "mcp", "list", folder=tmp_path, NO_COLOR="1")
    assert "✓ get-images" in listed
    assert "connected" in listed


def test_gemini_cli_connects(access: Access, tmp_path: Path) -> None:
    bearer = f"Authorization: Bearer {access.key}"
    add = ["mcp", "add", "--scope", "user", "--transport", "http", "--header", bearer, "get-images", access.url]
    run(PROGRAMS / "gemini", *add, folder=tmp_path)
    listed = run(PROGRAMS / "gemini", "mcp", "list", folder=tmp_path, GEMINI_CLI_TRUST_WORKSPACE="true")
    assert "✓ get-images" in listed
    assert "Connected" in listed


def test_opencode_connects(access: Access, tmp_path: Path) -> None:
    server = {"type": "remote", "url": access.url, "headers": {"Authorization": f"Bearer {access.key}"}}
    (tmp_path / "opencode.json").write_text(json.dumps({"mcp": {"get-images": server}}))
    listed = run(PROGRAMS / "opencode", "mcp", "list", folder=tmp_path, NO_COLOR="1")
    assert "✓ get-images" in listed
    assert "connected" in listed


def test_codex_lists_the_tools(access: Access, tmp_path: Path) -> None:
    (tmp_path / ".codex").mkdir()
    server = f'[mcp_servers.get-images]\nurl = "{access.url}"\nbearer_token_env_var = "GET_IMAGES_KEY"\n'
    (tmp_path / ".codex/config.toml").write_text(server)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GET_IMAGES_KEY": access.key}
    command = [str(PROGRAMS / "codex"), "app-server"]
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        assert process.stdin
        assert process.stdout
        call_codex(process.stdin, process.stdout, "initialize", {"clientInfo": {"name": "test", "version": "1"}})
        (status,) = call_codex(process.stdin, process.stdout, "mcpServerStatus/list", {})["data"]
        process.stdin.close()
        process.wait(CLIENT_TIMEOUT_SECONDS)
    assert set(status["tools"]) == set(TOOLS)


def call_codex(requests: IO[str], responses: IO[str], method: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Send codex a request and return the result; notifications that precede it are skipped."""
    requests.write(json.dumps({"id": method, "method": method, "params": parameters}) + "\n")
    requests.flush()
    response = next(message for message in map(json.loads, responses) if message.get("id") == method)
    result: dict[str, Any] = response["result"]
    return result
