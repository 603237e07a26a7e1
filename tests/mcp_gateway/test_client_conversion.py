"""MCP clients convert the tool schemas for their models; every tool must survive each of these conversions.

google-genai and openai convert them here, and further SDKs in `test_sdk_conversion.py`. Other rules are checked as they
are documented: the OpenAI function format, Gemini's subset of OpenAPI, and the grammars of llama.cpp.
"""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from google import genai
from google.genai import _mcp_utils, _transformers, types
from jsonschema import Draft202012Validator
from mcp_types import Tool
from openai.lib import _pydantic as openai_schemas
from pydantic import Field

from infrastructure.exceptions import InvalidArguments
from infrastructure.schemas import Arguments, parse
from mcp_gateway.tools.declarations import DECLARATIONS, TOOLS
from mcp_gateway.tools.json_schema import input_schema

OPENAI_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
OPENAI_DESCRIPTION_MAX_CHARACTERS = 1024
GEMINI_STRING_FORMATS = {"enum", "date-time"}
LLAMA_CPP_REPETITIONS_BELOW = 2000
JSON_TYPES = {"string", "integer", "number", "boolean", "object", "array"}
# The keywords that all of these clients accept in the parameters of a function.
PLAIN_KEYWORDS = {
    "type", "description", "properties", "required", "items", "enum", "default", "minimum", "maximum", "minLength",
    "maxLength",
}  # fmt: skip

each_tool = pytest.mark.parametrize("declaration", DECLARATIONS, ids=lambda tool: tool["name"])


def nodes(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a schema and all schemas in it."""
    yield schema
    nested = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    for child in [*nested, schema["items"]] if "items" in schema else nested:
        yield from nodes(child)


# google-genai reads the schema under its name in version 1 of the MCP SDK first, and fastmcp warns once per process.
@pytest.mark.filterwarnings("ignore:Accessing `Tool.inputSchema` is deprecated")
@each_tool
def test_google_genai_converts_the_tool(declaration: dict[str, Any]) -> None:
    tool = Tool.model_validate(declaration)
    converted = _transformers.t_tools(genai.Client(api_key="test")._api_client, [_mcp_utils.mcp_to_gemini_tool(tool)])
    (function,) = converted[0].function_declarations or []
    assert function.name == declaration["name"]
    assert function.parameters is not None
    assert set(function.parameters.properties or {}) == set(declaration["inputSchema"]["properties"])


@each_tool
@pytest.mark.parametrize("option", ["GEMINI_API", "VERTEX_AI"])
@pytest.mark.parametrize("part", ["inputSchema", "outputSchema"])
def test_google_genai_supports_every_field_of_the_schemas(
    declaration: dict[str, Any], option: Literal["GEMINI_API", "VERTEX_AI"], part: str
) -> None:
    filtered = types.JSONSchema(**_mcp_utils._filter_to_supported_schema(declaration[part]))
    converted = types.Schema.from_json_schema(
        json_schema=filtered, api_option=option, raise_error_on_unsupported_field=True
    )
    assert set(converted.properties or {}) == set(declaration[part]["properties"])


@each_tool
def test_the_tool_is_a_function_of_the_openai_format(declaration: dict[str, Any]) -> None:
    assert OPENAI_NAME.fullmatch(declaration["name"])
    assert len(declaration["description"]) <= OPENAI_DESCRIPTION_MAX_CHARACTERS
    assert declaration["inputSchema"]["type"] == "object"
    assert isinstance(declaration["inputSchema"]["properties"], dict)


@each_tool
def test_the_openai_strict_mode_accepts_the_schema(declaration: dict[str, Any]) -> None:
    schema = copy.deepcopy(declaration["inputSchema"])
    strict = openai_schemas._ensure_strict_json_schema(schema, path=(), root=schema)
    for node in nodes(strict):
        if node["type"] == "object":
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"])


@each_tool
def test_the_input_has_only_plain_keywords(declaration: dict[str, Any]) -> None:
    for node in nodes(declaration["inputSchema"]):
        assert set(node) <= PLAIN_KEYWORDS
        assert node["type"] in JSON_TYPES


@each_tool
def test_gemini_supports_all_string_formats(declaration: dict[str, Any]) -> None:
    for part in ("inputSchema", "outputSchema"):
        for node in nodes(declaration[part]):
            assert node.get("format", "enum") in GEMINI_STRING_FORMATS
            assert all(isinstance(value, str) for value in node.get("enum", ()))


def llama_cpp_rule(schema: dict[str, Any]) -> str:
    """Return the grammar rule of a schema as llama.cpp writes it, or fail as llama.cpp does."""
    if "enum" in schema:
        return " | ".join(json.dumps(json.dumps(value)) for value in schema["enum"])
    match schema["type"]:
        case "object":
            return " ".join(f"({json.dumps(name)} {llama_cpp_rule(v)})" for name, v in schema["properties"].items())
        case "string":
            longest = schema.get("maxLength")
            assert longest is None or longest < LLAMA_CPP_REPETITIONS_BELOW, "exceeds sane defaults"
            return f'"\\"" char{{{schema.get("minLength", 0)},{longest or ""}}} "\\""'
        case "integer":
            return f"integer-from-{schema['minimum']}-to-{schema['maximum']}"
        case "array":
            return f'"[" {llama_cpp_rule(schema["items"])}* "]"'
        case "boolean":
            return '"true" | "false"'
    pytest.fail(f"llama.cpp cannot write a rule for {schema}")


@each_tool
def test_llama_cpp_writes_a_grammar(declaration: dict[str, Any]) -> None:
    rule = llama_cpp_rule(declaration["inputSchema"])
    assert all(name in rule for name in declaration["inputSchema"]["properties"])


@each_tool
def test_every_default_and_listed_value_is_valid(declaration: dict[str, Any]) -> None:
    for field in declaration["inputSchema"]["properties"].values():
        for value in [
            *field.get("enum", ()),
            *[field[key] for key in ("default", "minimum", "maximum") if key in field],
        ]:
            Draft202012Validator(field).validate(value)


@each_tool
def test_a_description_contains_every_limit_of_its_field(declaration: dict[str, Any]) -> None:
    for name, field in TOOLS[declaration["name"]].arguments.model_json_schema()["properties"].items():
        published = declaration["inputSchema"]["properties"][name]
        lengths = [part["maxLength"] for part in [field, *field.get("anyOf", ())] if "maxLength" in part]
        for limit in [*(f"{length:,}" for length in lengths), *published.get("enum", ())]:
            assert limit in published["description"], name


def test_arguments_are_checked_more_strictly_than_the_schema_says() -> None:
    schema = TOOLS["getimages_get_image"].declaration()["inputSchema"]
    for arguments in ({"id": "no UUID"}, {"id": "6a1f0c9e-2f55-4c0b-b3a8-5d1f5a4c9e02", "seed": 1}):
        Draft202012Validator(schema).validate(arguments)
        with pytest.raises(InvalidArguments):
            parse(TOOLS["getimages_get_image"].arguments, arguments)


def test_a_field_keeps_its_name_even_if_it_is_that_of_a_keyword() -> None:
    class KeywordArguments(Arguments):
        title: str = Field(description="A title.")
        format: str = Field(max_length=5000, description="A format.")

    assert input_schema(KeywordArguments)["properties"] == {
        "title": {"description": "A title.", "type": "string"},
        "format": {"description": "A format.", "type": "string"},
    }
