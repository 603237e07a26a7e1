"""Values of the tools' arguments that their schemas list or describe, for checks of the schemas."""

import functools
import re
from collections.abc import Iterator
from typing import Any

from infrastructure.exceptions import InvalidArguments
from infrastructure.schemas import parse
from mcp_gateway.tools.declarations import TOOLS
from tests.mcp_gateway.agent import MODEL

ID = "6a1f0c9e-2f55-4c0b-b3a8-5d1f5a4c9e02"
REQUIRED = {"prompt": "a lake", "modelId": MODEL, "id": ID, "sources": [ID]}


def required_arguments(tool: str) -> dict[str, Any]:
    return {name: REQUIRED[name] for name in TOOLS[tool].declaration()["inputSchema"].get("required", ())}


def documented_values(schema: dict[str, Any]) -> Iterator[Any]:
    """Yield the values that a field's schema lists, its bounds and default, and each word and number it describes."""
    yield from schema.get("enum", ())
    yield from (schema[keyword] for keyword in ("const", "default", "minimum", "maximum") if keyword in schema)
    for word in re.findall(r"[\w:.-]*\w", schema["description"]):
        yield word
        if word.isdecimal():
            yield int(word)


def is_accepted(tool: str, arguments: dict[str, Any]) -> bool:
    try:
        parse(TOOLS[tool].arguments, arguments)
    except InvalidArguments:
        return False
    return True


@functools.cache
def accepted_values(tool: str) -> dict[str, list[Any]]:
    """Return the documented values of each argument that the tool accepts."""
    required, fields = required_arguments(tool), TOOLS[tool].declaration()["inputSchema"]["properties"]
    return {
        name: [value for value in documented_values(field) if is_accepted(tool, {**required, name: value})]
        for name, field in fields.items()
    }
