"""JSON Schemas of the tools' arguments and results, in a plain form that every MCP client can convert.

Clients convert these schemas for their models and reject the whole list of tools if they find a keyword that they do
not support: google-genai fails on a boolean `additionalProperties`, Gemini on an unknown `format`, the grammar of
llama.cpp on a `maxLength` of 2,000 or more. The published schemas therefore contain only the keywords below, and
descriptions contain every limit. `infrastructure.schemas.parse` checks all limits on arrival.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any, Final

from infrastructure.schemas import Arguments, Result

NULL: Final = {"type": "null"}

# `const`, `anyOf` and `$ref` are replaced by these keywords, as far as they can express the same.
KEYWORDS: Final = frozenset(
    {
        "type",
        "description",
        "properties",
        "required",
        "items",
        "enum",
        "default",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
    }
)
# llama.cpp's MAX_REPETITION_THRESHOLD is 2000, and it rejects a repetition that reaches it.
MAX_LENGTH_MAX: Final = 1999


@functools.cache
def input_schema(arguments: type[Arguments]) -> dict[str, Any]:
    """Return the JSON Schema of a tool's arguments."""
    schema = _plain(arguments.model_json_schema(by_alias=True))
    schema["properties"] = {name: _without_null(field) for name, field in schema.get("properties", {}).items()}
    return schema


@functools.cache
def output_schema(result: type[Result]) -> dict[str, Any]:
    """Return the JSON Schema of a tool's structuredContent."""
    return _plain(result.model_json_schema(by_alias=True, mode="serialization"))


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    definitions = schema.pop("$defs", {})
    return _plain_node(schema, definitions)


def _plain_node(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema with references replaced by their definitions, and without unsupported keywords."""
    if "$ref" in node:
        node = {**definitions[node["$ref"].rpartition("/")[2]], **node}
    plain = {key: value for key, value in node.items() if key in KEYWORDS}
    if "const" in node:
        plain["enum"] = [node["const"]]
    if plain.get("maxLength", 0) > MAX_LENGTH_MAX:
        del plain["maxLength"]
    if "items" in plain:
        plain["items"] = _plain_node(plain["items"], definitions)
    if "properties" in plain:
        plain["properties"] = {name: _plain_node(field, definitions) for name, field in plain["properties"].items()}
    if "anyOf" in node:
        return _union(plain, [_plain_node(member, definitions) for member in node["anyOf"]])
    return plain


def _without_null(field: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an argument without null.

    Null has the same effect as omitting the argument, and a field that is not required already expresses that.
    """
    field = {key: value for key, value in field.items() if (key, value) != ("default", None)}
    if "anyOf" not in field:
        return field
    return _union(field, [member for member in field.pop("anyOf") if member != NULL])


def _union(field: dict[str, Any], members: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the schema of a field that accepts what any of the members accepts, without `anyOf` where possible."""
    if len(members) == 1:
        return {**members[0], **field}
    types = {member.get("type") for member in members}
    if len(types) == 1 and None not in types and all("enum" in member for member in members):
        values = dict.fromkeys(value for member in members for value in member["enum"])
        return {"type": types.pop(), "enum": list(values), **field}
    return {**field, "anyOf": list(members)}
