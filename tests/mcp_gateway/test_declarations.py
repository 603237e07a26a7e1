"""The tool declarations in tools/list."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mcp_gateway import server
from mcp_gateway.tools import declarations
from tests.mcp_gateway.agent import Agent, request

NAMES = [
    "getimages_generate_image",
    "getimages_list_images",
    "getimages_get_image",
    "getimages_get_account",
    "getimages_list_usage",
    "getimages_list_models",
]
INPUTS = {
    "getimages_generate_image": {
        "prompt", "modelId", "aspectRatio", "style", "thinkingLevel", "resolution", "quality", "background",
        "outputFormat", "maxCredits", "idempotencyKey", "imageOutput", "waitSeconds",
    },
    "getimages_list_images": {"limit", "offset", "status"},
    "getimages_get_image": {"id", "includeBytes", "waitSeconds"},
    "getimages_get_account": set(),
    "getimages_list_usage": {"limit", "offset"},
    "getimages_list_models": set(),
}  # fmt: skip
OUTPUTS = {
    "getimages_generate_image": {
        "id", "status", "modelId", "providerId", "aspectRatio", "style", "thinkingLevel", "resolution", "quality",
        "background", "width", "height", "contentCredentials", "mediaType", "credits", "createdAt", "imageUrl",
    },
    "getimages_list_images": {"images", "total", "limit", "offset"},
    "getimages_get_image": {"image", "imageUrl"},
    "getimages_get_account": {"userId", "email", "creditBalance", "apiKey"},
    "getimages_list_usage": {"transactions", "total", "limit", "offset"},
    "getimages_list_models": {"models", "creditBalance"},
}  # fmt: skip

each_tool = pytest.mark.parametrize(
    "declaration", declarations.DECLARATIONS, ids=lambda declaration: declaration["name"]
)


def properties(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every named field of a schema, at any depth."""
    if isinstance(schema, list):
        for item in schema:
            yield from properties(item)
    elif isinstance(schema, dict):
        yield from schema.get("properties", {}).items()
        for value in schema.values():
            yield from properties(value)


@pytest.mark.django_db(transaction=True)
def test_tools_list_returns_every_declaration(agent: Agent) -> None:
    listed = agent.send(request("tools/list")).json()["result"]["tools"]
    assert [tool["name"] for tool in listed] == NAMES
    assert listed == declarations.DECLARATIONS


@pytest.mark.django_db(transaction=True)
def test_a_2026_client_may_cache_the_list(agent: Agent) -> None:
    result = agent.send_modern(request("tools/list")).json()["result"]
    assert (result["ttlMs"], result["cacheScope"]) == (300_000, "public")


@each_tool
def test_schemas_are_valid_and_describe_every_field(declaration: dict[str, Any]) -> None:
    for name in ("inputSchema", "outputSchema"):
        schema = declaration[name]
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["type"] == "object"
        for field, part in properties(schema):
            assert part["description"].endswith("."), field


@each_tool
def test_schemas_have_no_references_or_titles(declaration: dict[str, Any]) -> None:
    text = json.dumps([declaration["inputSchema"], declaration["outputSchema"]])
    assert not re.search(r'"\$|"title"', text)


@each_tool
def test_fields_match_the_specification(declaration: dict[str, Any]) -> None:
    assert set(declaration["inputSchema"].get("properties", {})) == INPUTS[declaration["name"]]
    assert set(declaration["outputSchema"]["properties"]) == OUTPUTS[declaration["name"]]
    assert set(declaration["outputSchema"]["required"]) == OUTPUTS[declaration["name"]]


@each_tool
def test_inputs_use_no_union(declaration: dict[str, Any]) -> None:
    assert "anyOf" not in json.dumps(declaration["inputSchema"])


def test_only_fields_without_a_default_are_required() -> None:
    required = {d["name"]: d["inputSchema"].get("required", []) for d in declarations.DECLARATIONS}
    assert {name: fields for name, fields in required.items() if fields} == {
        "getimages_generate_image": ["prompt", "modelId"],
        "getimages_get_image": ["id"],
    }


def test_schemas_contain_the_limits() -> None:
    fields = declarations.TOOLS["getimages_generate_image"].declaration()["inputSchema"]["properties"]
    assert (fields["prompt"]["minLength"], fields["style"]["maxLength"]) == (1, 500)
    assert (fields["waitSeconds"]["minimum"], fields["waitSeconds"]["maximum"]) == (0, 780)
    assert fields["waitSeconds"]["default"] == 780
    assert fields["imageOutput"]["enum"] == ["full", "preview", "none"]
    page = declarations.TOOLS["getimages_list_images"].declaration()["inputSchema"]["properties"]
    assert (page["limit"]["minimum"], page["limit"]["maximum"], page["limit"]["default"]) == (1, 100, 20)


@each_tool
def test_annotations_match_the_behaviour(declaration: dict[str, Any]) -> None:
    hints = declaration["annotations"]
    spends = declaration["name"] == "getimages_generate_image"
    assert hints["readOnlyHint"] is not spends
    assert hints["openWorldHint"] is spends
    assert hints["idempotentHint"] is not spends
    assert hints["destructiveHint"] is False
    assert hints["title"] == declaration["title"]


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["version"] == server.VERSION
