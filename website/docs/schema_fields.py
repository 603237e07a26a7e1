"""JSON Schemas as lists of fields that a person can read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

DEPTH_MAX: Final = 4

WORDS: Final = {
    "uuid": "UUID",
    "date-time": "date and time",
    "email": "e-mail address",
    "uri": "URL",
    "uri-reference": "URL",
    "binary": "bytes",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field, with what holds it in front of its name: `credits.charged`, `images[].id`."""

    name: str
    kind: str
    description: str
    required: bool = False
    default: str = ""
    choices: tuple[str, ...] = ()
    place: str = ""


def resolve(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a node of the document says, with what it refers to by `$ref` filled in."""
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    return node


def schema_name(schema: Mapping[str, Any]) -> str:
    """Return the name of the component that a schema refers to, or nothing."""
    return str(schema.get("$ref", "")).rpartition("/")[2]


def of_schema(document: Mapping[str, Any], schema: Mapping[str, Any], prefix: str = "") -> Iterator[Field]:
    """List the fields of an object, each followed by the fields within it."""
    whole = resolve(document, schema)
    required = whole.get("required", ())
    for name, value in whole.get("properties", {}).items():
        yield of_value(document, prefix + name, value, required=name in required)
        inner, suffix = _inside(document, value)
        if prefix.count(".") < DEPTH_MAX:
            yield from of_schema(document, inner, f"{prefix}{name}{suffix}.")


def of_value(document: Mapping[str, Any], name: str, value: Mapping[str, Any], *, required: bool) -> Field:
    """Describe one value: a property, a parameter or a header."""
    schema, _ = _without_null(document, value)
    default = schema.get("default")
    return Field(
        name=name,
        kind=_kind(document, value),
        description=schema.get("description", ""),
        required=required,
        default="" if default in (None, "") else str(default),
        choices=tuple(str(choice) for choice in schema.get("enum", ()) if choice is not None),
    )


def of_parameter(document: Mapping[str, Any], node: Mapping[str, Any]) -> Field:
    """Describe one parameter, and say where it stands: in the path, the query or a header."""
    whole = resolve(document, node)
    value = {**whole.get("schema", {}), "description": whole.get("description", "")}
    named = of_value(document, whole["name"], value, required=whole.get("required", False))
    return replace(named, place=whole["in"])


def _kind(document: Mapping[str, Any], value: Mapping[str, Any]) -> str:
    schema, nullable = _without_null(document, value)
    kind = str(schema.get("type", "any"))
    if kind == "array":
        kind = f"list of {_kind(document, schema.get('items', {}))}s"
    return f"{WORDS.get(schema.get('format', ''), kind)}{' or null' if nullable else ''}"


def _inside(document: Mapping[str, Any], value: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    schema, _ = _without_null(document, value)
    return (schema.get("items", {}), "[]") if schema.get("type") == "array" else (schema, "")


def _without_null(document: Mapping[str, Any], value: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return a schema without its being null, and whether it may be: OpenAPI 3.1 has two ways to say so."""
    schema = dict(resolve(document, value))
    options = schema.pop("anyOf", [])
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    others = [option for option in options if option.get("type") != "null"]
    if others:
        schema = {**resolve(document, others[0]), **schema}
    elif kinds:
        schema["type"] = next((kind for kind in kinds if kind != "null"), "null")
    return schema, len(others) < len(options) or "null" in kinds
