"""JSON Schemas of the tools' arguments and results, in a plain form that every MCP client can read.

Pydantic writes correct schemas, with `$ref`, `anyOf` and generated titles. Some clients cannot resolve references or
reject `anyOf`, so these schemas repeat definitions in place and use `anyOf` only where no simpler form says the same.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from infrastructure.schemas import Arguments, Result

NULL: Final = {"type": "null"}


def input_schema(arguments: type[Arguments]) -> dict[str, Any]:
    """Return the JSON Schema of a tool's arguments."""
    schema = _plain(arguments.model_json_schema(by_alias=True))
    schema["properties"] = {name: _without_null(field) for name, field in schema.get("properties", {}).items()}
    return schema


def output_schema(result: type[Result]) -> dict[str, Any]:
    """Return the JSON Schema of a tool's structuredContent."""
    return _plain(result.model_json_schema(by_alias=True, mode="serialization"))


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    definitions = schema.pop("$defs", {})
    plain: dict[str, Any] = _inline(schema, definitions)
    return plain


def _inline(node: Any, definitions: Mapping[str, Any]) -> Any:
    """Replace references by their definitions, remove generated titles, and merge enumerations."""
    if isinstance(node, list):
        return [_inline(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        node = {**definitions[node["$ref"].rpartition("/")[2]], **node}
    # A generated title is a string; a property named "title" would have a schema here.
    inlined = {
        key: _inline(value, definitions)
        for key, value in node.items()
        if key != "$ref" and not (key == "title" and isinstance(value, str))
    }
    return _union(inlined, inlined.pop("anyOf")) if "anyOf" in inlined else inlined


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
    if all("enum" in member or "const" in member for member in members):
        return {**_enumeration(members), **field}
    return {**field, "anyOf": list(members)}


def _enumeration(members: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return one enumeration with the values of several, in their order."""
    values = [value for member in members for value in member.get("enum", [member.get("const")])]
    # 1 == True in Python, but not in JSON.
    distinct = {json.dumps(value): value for value in values}
    # A Literal of several types has no "type"; then its values alone describe it.
    types = list(dict.fromkeys(member.get("type") for member in members))
    enumeration: dict[str, Any] = {"enum": list(distinct.values())}
    return enumeration if None in types else {**enumeration, "type": types[0] if len(types) == 1 else types}
