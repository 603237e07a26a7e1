"""OpenAI's SDKs, and a library that takes the URL of such a server, against the running service."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import openai
import pytest
from PIL import Image

from tests.clients.service import CLIENT_TIMEOUT_SECONDS, NODE, Access, run

# The tests do not use the database directly, but without this mark there would be none.
pytestmark = pytest.mark.django_db

HERE = Path(__file__).parent
MODEL = "openai:gpt-image-2"


@pytest.fixture
def base_url(access: Access) -> str:
    return access.url.removesuffix("/api/mcp") + "/api/openai/v1"


def run_node(program: str, base_url: str, key: str) -> Any:
    return json.loads(run("node", HERE / program, base_url, folder=NODE / "clients", KEY=key))


def size(picture: str) -> tuple[int, int]:
    """Return the size of a base64-encoded picture."""
    return Image.open(io.BytesIO(base64.b64decode(picture))).size


def test_the_python_sdk_generates(base_url: str, access: Access) -> None:
    with openai.OpenAI(base_url=base_url, api_key=access.key, timeout=CLIENT_TIMEOUT_SECONDS) as client:
        assert MODEL in {model.id for model in client.models.list()}
        response = client.images.generate(model=MODEL, prompt="a lake", size="1536x1024")
    assert response.data
    assert size(str(response.data[0].b64_json)) == (1536, 1024)


def test_the_python_sdk_edits(base_url: str, access: Access) -> None:
    with openai.OpenAI(base_url=base_url, api_key=access.key, timeout=CLIENT_TIMEOUT_SECONDS) as client:
        generated = client.images.generate(model=MODEL, prompt="a lake", size="1536x1024")
        assert generated.data
        lake = ("lake.jpeg", base64.b64decode(str(generated.data[0].b64_json)), "image/jpeg")
        edited = client.images.edit(model=MODEL, prompt="a boat on it", image=lake)
    assert edited.data
    assert size(str(edited.data[0].b64_json)) == (1536, 1024)


@pytest.mark.needs_node
def test_the_javascript_sdk_generates_and_reports_errors(base_url: str, access: Access) -> None:
    output = run_node("openai_client.mjs", base_url, access.key)
    assert MODEL in output["models"]
    assert (size(output["first"]["data"][0]["b64_json"]), output["first"]["size"]) == ((1536, 1024), "1536x1024")
    assert (output["several"], output["charged"]) == (2, "10")
    assert "/i/" in output["url"]
    assert len(set(output["replays"])) == 1
    assert [size(edited["data"][0]["b64_json"]) for edited in output["edits"]] == [(1536, 1024)] * 2
    assert [(error["name"], error["status"], error["code"], error["type"]) for error in output["errors"]] == [
        ("NotFoundError", 404, "model_not_found", "invalid_request_error"),
        ("BadRequestError", 400, "invalid_arguments", "invalid_request_error"),
        ("BadRequestError", 400, "invalid_arguments", "invalid_request_error"),
        ("InternalServerError", 502, "provider_error", "server_error"),
        ("AuthenticationError", 401, "invalid_key", "authentication_error"),
    ]
    assert [error["param"] for error in output["errors"]] == ["model", "size", "stream", None, None]


@pytest.mark.needs_node
def test_the_ai_sdk_generates(base_url: str, access: Access) -> None:
    images = run_node("ai_sdk_client.mjs", base_url, access.key)
    assert [size(image["base64"]) for image in images] == [(1024, 1536)] * 2
