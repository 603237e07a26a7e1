"""Command-line agents connect to the running service as documented, and generate an image, without interaction.

Their language models are replaced by a server that calls the tool.
"""

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import httpx2
import pytest

from accounts.models import OAuthClient
from billing.models import LedgerEntry
from images.models import Image
from mcp_gateway.tools.declarations import TOOLS
from tests.clients.model_stand_in import MODEL, TEXT, TOOL, ModelStandIn
from tests.clients.service import CLIENT_TIMEOUT_SECONDS, NODE, Access, run

pytestmark = [pytest.mark.agents, pytest.mark.django_db]

PROGRAMS = NODE / "clients/agents/node_modules/.bin"
TASK = "Generate an image of a lake."


@pytest.fixture
def models(request: pytest.FixtureRequest) -> Iterator[ModelStandIn]:
    """The language models of the agents, which generate an image with the name of the test as its prompt."""
    with ModelStandIn({"prompt": request.node.name, "modelId": "openai:gpt-image-2"}) as models:
        yield models


def generated_image(models: ModelStandIn, output: str, *, client: str) -> Image:
    """Return the only image of this test: it was charged once, and the agent passed the result to its model.

    The agent's User-Agent starts with `client`.
    """
    image = Image.objects.select_related("api_key__client").get(prompt=models.arguments["prompt"])
    assert image.status == Image.Status.SUCCEEDED
    assert image.client.startswith(client)
    (charge,) = LedgerEntry.objects.filter(reference_id=image.id)
    assert (charge.type, charge.amount) == (LedgerEntry.Type.GENERATION, -image.credit_cost)
    assert charge.api_key_id == image.api_key_id
    assert str(image.id) in models.received
    assert TEXT in output
    return image


def client_of(image: Image) -> OAuthClient:
    """Return the client whose connection the image was requested with."""
    assert image.api_key is not None
    assert image.api_key.client is not None
    return image.api_key.client


def picture(access: Access, image: Image) -> str:
    """Fetch the picture and return it in base64, as it stands in a request to a model."""
    url = f"{access.url.removesuffix('/mcp')}/v1/images/{image.id}/content"
    response = httpx2.get(url, headers={"Authorization": f"Bearer {access.key}"}, timeout=CLIENT_TIMEOUT_SECONDS)
    return base64.b64encode(response.raise_for_status().content).decode()


def test_claude_code_connects(access: Access, tmp_path: Path) -> None:
    bearer = f"Authorization: Bearer {access.key}"
    add = ["mcp", "add", "--transport", "http", "get-images", access.url, "--header", bearer]
    run(PROGRAMS / "claude", *add, folder=tmp_path)
    assert "✔ Connected" in run(PROGRAMS / "claude", "mcp", "list", folder=tmp_path)


def test_claude_code_signs_in_and_generates(
    access: Access, person: dict[str, str], models: ModelStandIn, tmp_path: Path
) -> None:
    run(PROGRAMS / "claude", "mcp", "add", "--transport", "http", "get-images", access.url, folder=tmp_path)
    # It opens the browser only in a terminal, which `script` provides.
    login = f"{PROGRAMS / 'claude'} mcp login get-images"
    run("script", "--quiet", "--return", "--command", login, "/dev/null", folder=tmp_path, **person)
    assert "✔ Connected" in run(PROGRAMS / "claude", "mcp", "list", folder=tmp_path)
    environment = {
        "ANTHROPIC_BASE_URL": models.url,
        "ANTHROPIC_API_KEY": "none",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        # With tool search, the first request has no tools of MCP servers.
        "ENABLE_TOOL_SEARCH": "false",
    }
    allow = ["--allowedTools", f"mcp__get-images__{TOOL}"]
    output = run(PROGRAMS / "claude", "-p", TASK, *allow, folder=tmp_path, **environment)
    image = generated_image(models, output, client="claude-code/")
    assert client_of(image).id == "https://claude.ai/oauth/claude-code-client-metadata"
    assert picture(access, image) in models.received


def test_codex_signs_in_and_generates(
    access: Access, person: dict[str, str], models: ModelStandIn, tmp_path: Path
) -> None:
    environment = {**person, "CODEX_HOME": str(tmp_path)}
    run(PROGRAMS / "codex", "mcp", "add", "get-images", "--url", access.url, folder=tmp_path, **environment)
    listed = run(PROGRAMS / "codex", "mcp", "list", folder=tmp_path, **environment)
    if "OAuth" not in listed:
        run(PROGRAMS / "codex", "mcp", "login", "get-images", folder=tmp_path, **environment)
        listed = run(PROGRAMS / "codex", "mcp", "list", folder=tmp_path, **environment)
    assert "OAuth" in listed
    settings = {
        "model": MODEL,
        "model_provider": MODEL,
        f"model_providers.{MODEL}.name": MODEL,
        f"model_providers.{MODEL}.base_url": f"{models.url}/v1",
        "mcp_servers.get-images.default_tools_approval_mode": "approve",
    }
    options = [f"--config={name}={json.dumps(value)}" for name, value in settings.items()]
    # Plugins and analytics would connect to the internet.
    options += ["--disable=plugins", "--config=analytics.enabled=false", "--skip-git-repo-check"]
    output = run(PROGRAMS / "codex", "exec", *options, TASK, folder=tmp_path, **environment)
    # Codex passes only the structured content to its model, so there is no picture to check.
    image = generated_image(models, output, client="codex-mcp-client/")
    assert client_of(image).id == "https://chatgpt.com/oauth/codex/client.json"


def test_opencode_signs_in_and_generates(
    access: Access, person: dict[str, str], models: ModelStandIn, tmp_path: Path
) -> None:
    server = {"type": "remote", "url": access.url}
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "options": {"baseURL": f"{models.url}/v1", "apiKey": "none"},
        "models": {MODEL: {"modalities": {"input": ["text", "image"], "output": ["text"]}}},
    }
    config = {"mcp": {"get-images": server}, "provider": {MODEL: provider}, "model": f"{MODEL}/{MODEL}"}
    (tmp_path / "opencode.json").write_text(json.dumps(config))
    # Otherwise it would fetch updates, its list of models, and packages for plugins.
    offline = {"OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_MODELS_FETCH": "1", "npm_config_offline": "true"}
    environment = {**person, **offline, "NO_COLOR": "1"}
    run(PROGRAMS / "opencode", "mcp", "auth", "get-images", folder=tmp_path, **environment)
    listed = run(PROGRAMS / "opencode", "mcp", "list", folder=tmp_path, **environment)
    assert "✓ get-images" in listed
    assert "connected" in listed
    output = run(PROGRAMS / "opencode", "run", TASK, folder=tmp_path, **environment)
    image = generated_image(models, output, client="opencode/")
    assert client_of(image).name == "OpenCode"
    assert picture(access, image) in models.received


def test_gemini_cli_connects_and_generates(access: Access, models: ModelStandIn, tmp_path: Path) -> None:
    (tmp_path / ".gemini").mkdir()
    settings = {
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "privacy": {"usageStatisticsEnabled": False},
        "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False},
    }
    (tmp_path / ".gemini/settings.json").write_text(json.dumps(settings))
    bearer = f"Authorization: Bearer {access.key}"
    # A trusted server needs no confirmation of its calls.
    add = ["mcp", "add", "--scope", "user", "--transport", "http", "--trust", "--header", bearer]
    run(PROGRAMS / "gemini", *add, "get-images", access.url, folder=tmp_path)
    environment = {
        "GEMINI_CLI_TRUST_WORKSPACE": "true",
        "GOOGLE_GEMINI_BASE_URL": models.url,
        "GEMINI_API_KEY": "none",
    }
    listed = run(PROGRAMS / "gemini", "mcp", "list", folder=tmp_path, **environment)
    assert "✓ get-images" in listed
    assert "Connected" in listed
    output = run(PROGRAMS / "gemini", "--model", "gemini-2.5-pro", "-p", TASK, folder=tmp_path, **environment)
    image = generated_image(models, output, client="node")
    assert image.api_key_name == "Laptop"
    assert picture(access, image) in models.received


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
