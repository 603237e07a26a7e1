"""Messages about invalid arguments."""

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic_core import core_schema

from api.image_arguments import CreateArguments, CreateEditArguments
from api.images import ContentArguments
from images.schemas import ImageArguments, ListArguments
from images.uploads.schemas import UploadArguments, UploadIdArguments
from infrastructure import schemas
from infrastructure.exceptions import InvalidArguments
from infrastructure.schemas import Arguments, NoArguments, PageArguments, parse
from mcp_gateway.tools.schemas import EditImageArguments, GenerateArguments, GetImageArguments, UploadImageArguments

# Wording of pydantic.
PYDANTIC_TEXT = re.compile(
    r"input should|value should|string should|after validation|valid (string|integer|boolean)|unable to|parsing|"
    r"pydantic|value error|field required|should (have|be|match)|{|}",
    re.IGNORECASE,
)
SCHEMAS = [
    NoArguments, PageArguments, ListArguments, ImageArguments, ContentArguments, CreateArguments, GenerateArguments,
    GetImageArguments, CreateEditArguments, EditImageArguments, UploadArguments, UploadIdArguments,
    UploadImageArguments,
]  # fmt: skip
ID = "6a1f0c9e-2f55-4c0b-b3a8-5d1f5a4c9e02"
VALUES = [
    "", " ", "x" * 9000, "a b", "\0", "\ud800", "1.5", "yes", "9" * 5000, "é", 7, -1, 0, 1.5, 1e300, 10**30, 10**400,
    True, False, [], [1], [[]], ["x"], 15 * [ID], {}, {"a": 1}, b"", b"\xff", float("nan"), float("inf"), object(),
]  # fmt: skip


def messages_of(schema: type[Arguments], arguments: dict[str, Any], *, strict: bool) -> Iterator[str]:
    try:
        parse(schema, arguments, strict=strict)
    except InvalidArguments as error:
        yield from (message for _, message in error.fields)


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("schema", SCHEMAS)
def test_no_invalid_value_shows_a_message_of_the_validation_library(schema: type[Arguments], strict: bool) -> None:
    fields = {field.alias or name: field for name, field in schema.model_fields.items()}
    for value in VALUES:
        for message in messages_of(schema, dict.fromkeys([*fields, "unknown"], value), strict=strict):
            own = message.partition(". ")[0]
            assert not PYDANTIC_TEXT.search(own), message
            assert own + "." != schemas.OTHER_MESSAGE, message


@pytest.mark.parametrize("error_type", sorted(set(get_args(core_schema.ErrorType)) - {"value_error"}))
def test_every_type_of_error_has_a_message_of_ours(error_type: str) -> None:
    context = dict.fromkeys(("min_length", "max_length", "gt", "ge", "lt", "le", "expected"), 1)
    message = schemas.message(error_type, context)
    assert message.endswith(".")
    assert not PYDANTIC_TEXT.search(message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"prompt": "x" * 8001}, "Must have at most 8,000 characters. A description of the picture, 1 to"),
        ({"prompt": ""}, "Must contain visible text. "),
        ({"idempotencyKey": ""}, "Must have at least 1 character. "),
        ({"prompt": 7}, "Must be a string. "),
        ({"prompt": "a\0"}, "NUL characters are not allowed. "),
        ({"thinkingLevel": "deepest"}, "Must be 'default' or 'deep'. "),
        ({"aspectRatio": "2:1"}, "Must be 'auto', '1:1', '3:2', '2:3', '16:9', '9:16', '4:3', '3:4', '21:9', "),
        ({"idempotencyKey": "a b"}, "Contains characters that are not allowed. A unique value"),
        ({"sources": []}, "Must have at least 1 entry. IDs of"),
        ({"sources": 15 * [ID]}, "Must have at most 14 entries. IDs of"),
        ({"sources": ID}, "Must be a list. IDs of"),
        ({"sources": [ID, 7]}, "Entry 2: Must be a string. IDs of"),
        ({"sources": [ID, ID, "x"]}, "Entry 3: Not a UUID. IDs of"),
        ({"waitSeconds": 781}, "Must be at most 780. "),
        ({"waitSeconds": -1}, "Must be at least 0. "),
        ({"waitSeconds": "5"}, "Must be an integer. "),
        ({"waitSeconds": 1.5}, "Must be an integer. "),
    ],
)
def test_a_message_states_the_limit_and_the_meaning_of_the_field(arguments: dict[str, Any], message: str) -> None:
    valid = {"prompt": "a lake", "modelId": "openai:gpt-image-2", "sources": [ID]}
    (text,) = messages_of(EditImageArguments, {**valid, **arguments}, strict=True)
    assert text.startswith(message)
