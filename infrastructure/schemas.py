"""Base classes of arguments and results, and `parse`: camelCase field names, strict types, errors by field."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from infrastructure.exceptions import FieldError, InvalidArguments

PAGE_MAX = 100
PAGE_DEFAULT = 20
OFFSET_MAX = 2**31 - 1
FIELD_ERRORS_MAX: Final = 10
UNKNOWN_NAME_MAX_CHARACTERS: Final = 60

# Messages by type of pydantic error (https://docs.pydantic.dev/latest/errors/validation_errors/), for the types that
# strings, integers, booleans, enumerations, lists and objects can cause.
MESSAGES: Final = {
    "missing": "Required.",
    "string_type": "Must be a string.",
    "string_sub_type": "Must be a string.",
    "string_unicode": "Must be valid Unicode.",
    "string_too_short": "Must have at least {min_length}.",
    "string_too_long": "Must have at most {max_length}.",
    "list_type": "Must be a list.",
    "too_short": "Must have at least {min_length}.",
    "too_long": "Must have at most {max_length}.",
    "model_type": "Must be an object.",
    "model_attributes_type": "Must be an object.",
    "string_pattern_mismatch": "Contains characters that are not allowed.",
    "literal_error": "Must be {expected}.",
    "int_type": "Must be an integer.",
    "int_parsing": "Must be an integer.",
    "int_parsing_size": "Must be a smaller number.",
    "int_from_float": "Must be an integer.",
    "finite_number": "Must be an integer.",
    "greater_than": "Must be greater than {gt}.",
    "greater_than_equal": "Must be at least {ge}.",
    "less_than": "Must be less than {lt}.",
    "less_than_equal": "Must be at most {le}.",
    "bool_type": "Must be true or false.",
    "bool_parsing": "Must be true or false.",
}
# What a length counts, for one and for several.
TEXT_NOUNS: Final = ("character", "characters")
LIST_NOUNS: Final = ("entry", "entries")
OTHER_MESSAGE: Final = "This value is invalid."

ArgumentsType = TypeVar("ArgumentsType", bound="Arguments")


class Arguments(BaseModel):
    """Arguments of a request. Unknown arguments are errors."""

    model_config = ConfigDict(alias_generator=to_camel, strict=True, extra="forbid", frozen=True)


class Result(BaseModel):
    """A result or a part of one. Its JSON contains every field, even if null."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    def to_json(self) -> dict[str, Any]:
        """Return the result as JSON-compatible values with camelCase names."""
        return self.model_dump(mode="json", by_alias=True)


class PageArguments(Arguments):
    """A page of a list, newest first."""

    limit: Annotated[int, Field(ge=1, le=PAGE_MAX, description="How many entries to return: 1 to 100.")] = PAGE_DEFAULT
    offset: Annotated[int, Field(ge=0, le=OFFSET_MAX, description="How many entries to skip: 0 or more.")] = 0


class NoArguments(Arguments):
    """No arguments."""


def parse(schema: type[ArgumentsType], arguments: Mapping[str, Any], *, strict: bool = True) -> ArgumentsType:
    """Validate the arguments of a request.

    Args:
        schema: The class of the arguments.
        arguments: The values by camelCase name. Null is the same as an omitted argument.
        strict: Whether types must match exactly; False for a query string, where every value is text.

    Raises:
        InvalidArguments: Lists every invalid field, at most FIELD_ERRORS_MAX, with its description.
    """
    present = {name: value for name, value in arguments.items() if value is not None}
    try:
        return schema.model_validate(present, by_name=False, strict=strict)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        raise InvalidArguments(_field_errors(schema, details)) from None


def _field_errors(schema: type[Arguments], details: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    """Return one error per field, the first that pydantic reports for it, in pydantic's order."""
    first_details = {detail["loc"][:1]: detail for detail in reversed(details)}
    locations = list(dict.fromkeys(detail["loc"][:1] for detail in details))[:FIELD_ERRORS_MAX]
    return [
        _field_error(schema, str(location[0]) if location else "arguments", first_details[location])
        for location in locations
    ]


def _field_error(schema: type[Arguments], name: str, detail: Mapping[str, Any]) -> FieldError:
    fields = {field.alias or attribute: field for attribute, field in schema.model_fields.items()}
    if name not in fields:
        accepted = f"Accepted arguments: {', '.join(fields)}." if fields else "This request takes no arguments."
        return FieldError(_printable(name) or "arguments", f"Unknown argument. {accepted}")
    text = message(detail["type"], detail.get("ctx", {}))
    return FieldError(name, f"{_position(detail['loc'])}{text} {fields[name].description}")


def _position(location: Sequence[str | int]) -> str:
    """Return where in a list the error is."""
    return f"Entry {location[1] + 1}: " if len(location) > 1 and isinstance(location[1], int) else ""


def message(error_type: str, context: Mapping[str, Any]) -> str:
    """Return our message for a type of pydantic error. pydantic's own messages are written for programmers."""
    if error_type == "value_error":
        return f"{context['error']}."
    # pydantic gives the same errors for a text whose length it checks after our own checks.
    nouns = LIST_NOUNS if context.get("field_type") == "List" else TEXT_NOUNS
    return MESSAGES.get(error_type, OTHER_MESSAGE).format_map(_with_nouns(context, nouns))


def _with_nouns(context: Mapping[str, Any], nouns: tuple[str, str]) -> dict[str, Any]:
    """Return the context with numbers as people write them: `8,000 characters`, `1 entry`."""
    singular, plural = nouns
    values = {
        name: f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value
        for name, value in context.items()
    }
    for name in ("min_length", "max_length"):
        if name in context:
            values[name] += f" {singular if context[name] == 1 else plural}"
    return values


def _printable(name: str) -> str:
    """Return the name of an unknown argument as it is safe to repeat: printable, short and valid UTF-8."""
    printable = "".join(character for character in name if character.isprintable())
    return printable[:UNKNOWN_NAME_MAX_CHARACTERS].encode("utf-8", "replace").decode()
