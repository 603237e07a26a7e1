"""The fields of a JSON Schema as a flat list, for the documentation pages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

DEPTH_MAX: Final = 4

# Names of string formats for readers.
FORMAT_NAMES: Final = {
    "uuid": "UUID",
    "date-time": "date and time",
    "email": "email address",
    "uri": "URL",
    "uri-reference": "URL",
    "binary": "bytes",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field, with the path of its parents in its name: `credits.charged`, `images[].id`."""

    name: str
    type_name: str
    description: str
    required: bool = False
    default: str = ""
    choices: tuple[str, ...] = ()
    location: str = ""


def resolve(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a node of the document with its `$ref` resolved. The node's own keys override the referenced ones."""
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    return node


def schema_name(schema: Mapping[str, Any]) -> str:
    """Return the name of the component that a schema refers to, or an empty string."""
    return str(schema.get("$ref", "")).rpartition("/")[2]


def from_schema(document: Mapping[str, Any], schema: Mapping[str, Any], prefix: str = "") -> Iterator[Field]:
    """Yield the fields of an object, each followed by its nested fields; of alternatives, those of all of them."""
    resolved = resolve(document, schema)
    names: set[str] = set()
    for alternative in resolved.get("oneOf", ()):
        fields = [field for field in from_schema(document, alternative, prefix) if field.name not in names]
        names |= {field.name for field in fields}
        yield from fields
    required = resolved.get("required", ())
    for name, value in resolved.get("properties", {}).items():
        yield from_value(document, prefix + name, value, required=name in required)
        nested, suffix = _nested(document, value)
        if prefix.count(".") < DEPTH_MAX:
            yield from from_schema(document, nested, f"{prefix}{name}{suffix}.")


def from_value(document: Mapping[str, Any], name: str, value: Mapping[str, Any], *, required: bool) -> Field:
    """Return the field of one value: a property, parameter or header."""
    schema, _ = _without_null(document, value)
    default = schema.get("default")
    return Field(
        name=name,
        type_name=_type_name(document, value),
        description=schema.get("description", ""),
        required=required,
        default="" if default in (None, "") else str(default),
        choices=tuple(str(choice) for choice in schema.get("enum", ()) if choice is not None),
    )


def from_parameter(document: Mapping[str, Any], node: Mapping[str, Any]) -> Field:
    """Return the field of one parameter, with its location: path, query or header."""
    parameter = resolve(document, node)
    schema = {**parameter.get("schema", {}), "description": parameter.get("description", "")}
    field = from_value(document, parameter["name"], schema, required=parameter.get("required", False))
    return replace(field, location=parameter["in"])


def _type_name(document: Mapping[str, Any], value: Mapping[str, Any]) -> str:
    schema, nullable = _without_null(document, value)
    type_name = str(schema.get("type", "any"))
    if type_name == "array":
        type_name = f"list of {_type_name(document, schema.get('items', {}))}s"
    return f"{FORMAT_NAMES.get(schema.get('format', ''), type_name)}{' or null' if nullable else ''}"


def _nested(document: Mapping[str, Any], value: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    schema, _ = _without_null(document, value)
    return (schema.get("items", {}), "[]") if schema.get("type") == "array" else (schema, "")


def _without_null(document: Mapping[str, Any], value: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return a schema without null, and whether it was nullable. OpenAPI 3.1 allows `anyOf` or a list of types."""
    schema = dict(resolve(document, value))
    members = schema.pop("anyOf", [])
    types = schema.get("type", [])
    types = types if isinstance(types, list) else [types]
    non_null = [resolve(document, member) for member in members if member.get("type") != "null"]
    if non_null:
        schema = {**non_null[0], **_merged_choices(non_null), **schema}
    elif types:
        schema["type"] = next((name for name in types if name != "null"), "null")
    return schema, len(non_null) < len(members) or "null" in types


def _merged_choices(members: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the values of all members of a union of enumerations, which pydantic writes as `enum` or `const`."""
    if not all("enum" in member or "const" in member for member in members):
        return {}
    return {"enum": [choice for member in members for choice in member.get("enum", [member.get("const")])]}
