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
        details = error.errors(include_url=False, include_input=False, include_context=False)
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
    if detail["type"] == "missing":
        return FieldError(name, f"Required. {fields[name].description}")
    return FieldError(name, f"{detail['msg'].removeprefix('Value error, ')}. {fields[name].description}")


def _printable(name: str) -> str:
    """Return the name of an unknown argument as it is safe to repeat: printable, short and valid UTF-8."""
    printable = "".join(character for character in name if character.isprintable())
    return printable[:UNKNOWN_NAME_MAX_CHARACTERS].encode("utf-8", "replace").decode()
