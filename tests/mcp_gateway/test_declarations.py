"""The tool declarations in tools/list."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.conf import settings

from mcp_gateway import icons, server
from mcp_gateway.tools import declarations
from tests.mcp_gateway.agent import Agent, request

NAMES = [
    "getimages_generate_image",
    "getimages_edit_image",
    "getimages_upload_image",
    "getimages_list_images",
    "getimages_get_image",
    "getimages_get_account",
    "getimages_list_usage",
    "getimages_list_models",
]
GENERATE_INPUTS = {
    "prompt", "modelId", "aspectRatio", "style", "thinkingLevel", "resolution", "quality", "background",
    "outputFormat", "maxCredits", "idempotencyKey", "imageOutput", "waitSeconds", "confirmCredits",
}  # fmt: skip
GENERATE_OUTPUTS = {
    "id", "status", "modelId", "providerId", "aspectRatio", "style", "thinkingLevel", "resolution", "quality",
    "background", "width", "height", "contentCredentials", "sources", "mediaType", "favourite", "credits", "createdAt",
    "imageUrl",
}  # fmt: skip
INPUTS = {
    "getimages_generate_image": GENERATE_INPUTS,
    "getimages_edit_image": GENERATE_INPUTS | {"sources", "mask"},
    "getimages_upload_image": {"url", "file", "data"},
    "getimages_list_images": {"limit", "offset", "status", "favourite", "collection"},
    "getimages_get_image": {"id", "includeBytes", "waitSeconds"},
    "getimages_get_account": set(),
    "getimages_list_usage": {"limit", "offset"},
    "getimages_list_models": set(),
}  # fmt: skip
OUTPUTS = {
    "getimages_generate_image": GENERATE_OUTPUTS,
    "getimages_edit_image": GENERATE_OUTPUTS,
    "getimages_upload_image": {
        "id", "status", "mediaType", "width", "height", "byteSize", "sha256", "expiresAt", "uploadUrl", "pageUrl",
        "maxBytes", "curl",
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
        "getimages_edit_image": ["prompt", "modelId", "sources"],
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
    writes = declaration["name"] in {"getimages_generate_image", "getimages_edit_image", "getimages_upload_image"}
    assert hints["readOnlyHint"] is not writes
    assert hints["openWorldHint"] is writes
    assert hints["idempotentHint"] is not writes
    spends = declarations.TOOLS[declaration["name"]].spends_credits
    assert spends is (writes and declaration["name"] != "getimages_upload_image")
    assert hints["destructiveHint"] is False
    assert hints["title"] == declaration["title"]


@each_tool
def test_every_tool_has_an_icon_that_exists(declaration: dict[str, Any]) -> None:
    [icon] = declaration["icons"]
    path = icon["src"].removeprefix(f"{settings.SITE_URL}/static/")
    assert (Path(settings.BASE_DIR) / "static" / path).read_text().startswith("<svg ")
    assert (icon["mimeType"], icon["sizes"]) == ("image/svg+xml", ["any"])


def test_the_icons_of_the_server_exist() -> None:
    for icon in icons.SERVER:
        assert (Path(settings.BASE_DIR) / icon.src.removeprefix(f"{settings.SITE_URL}/")).is_file()


@pytest.mark.django_db(transaction=True)
def test_versions_before_icons_list_tools_without_them(agent: Agent) -> None:
    for version, has_icons in (("2025-06-18", False), ("2025-11-25", True)):
        response = agent.send(request("tools/list"), headers={"MCP-Protocol-Version": version})
        assert all(("icons" in tool) is has_icons for tool in response.json()["result"]["tools"]), version


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["version"] == server.VERSION


def test_the_lists_of_sources_stay_plain() -> None:
    fields = declarations.TOOLS["getimages_edit_image"].declaration()["inputSchema"]["properties"]
    assert fields["sources"].keys() == {"type", "description", "items"}
    assert (fields["sources"]["type"], fields["sources"]["items"]) == ("array", {"type": "string"})
    assert (fields["mask"]["type"], fields["aspectRatio"]["default"]) == ("string", "auto")


def test_chatgpt_fills_the_file_of_an_upload() -> None:
    tool = declarations.TOOLS["getimages_upload_image"].declaration()
    assert tool["_meta"]["openai/fileParams"] == ["file"]
    file = tool["inputSchema"]["properties"]["file"]
    assert (file["type"], file["required"]) == ("object", ["download_url", "file_id"])
    assert list(file["properties"]) == ["download_url", "file_id", "mime_type", "file_name"]
    others = [other for other in declarations.DECLARATIONS if other["name"] != tool["name"]]
    assert not any("openai/fileParams" in other["_meta"] for other in others)


def test_both_tools_require_the_scope_to_generate() -> None:
    for name in ("getimages_edit_image", "getimages_upload_image"):
        schemes = declarations.TOOLS[name].declaration()["_meta"]["securitySchemes"]
        assert schemes == [{"type": "oauth2", "scopes": ["images:generate"]}]


def test_the_words_lead_to_the_cheapest_way() -> None:
    """An id comes before an upload, a link before base64, in the tools and in the instructions."""
    edit, upload = (declarations.TOOLS[f"getimages_{name}"].description for name in ("edit_image", "upload_image"))
    assert edit.index("pass its id") < edit.index("getimages_upload_image first")
    order = ["use their ids", "pass url", "without arguments", "pageUrl", "Use data only"]
    assert sorted(order, key=upload.index) == order
    assert server.INSTRUCTIONS.index("getimages_edit_image") < server.INSTRUCTIONS.index("getimages_upload_image")
