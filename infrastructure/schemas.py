"""Base classes for arguments and results at every entry point: camelCase fields, strict types, clear errors."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from infrastructure.exceptions import FieldError, InvalidArguments

PAGE_MAX = 100
PAGE_DEFAULT = 20
OFFSET_MAX = 2**31 - 1
FIELD_ERRORS_MAX = 10

Schema = TypeVar("Schema", bound="Arguments")


class Arguments(BaseModel):
    """Arguments of a call. An unknown argument is an error, and null is the same as omitting the argument."""

    model_config = ConfigDict(alias_generator=to_camel, strict=True, extra="forbid", frozen=True)


class Result(BaseModel):
    """Part of a response. Every field is always present."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON-serializable values under their public names."""
        return self.model_dump(mode="json", by_alias=True)


class PageArguments(Arguments):
    """Pagination arguments of a list that is sorted newest first."""

    limit: Annotated[int, Field(ge=1, le=PAGE_MAX, description="How many entries to return: 1 to 100.")] = PAGE_DEFAULT
    offset: Annotated[int, Field(ge=0, le=OFFSET_MAX, description="How many entries to skip: 0 or more.")] = 0


class NoArguments(Arguments):
    """The call takes no arguments."""


def parse(schema: type[Schema], arguments: Mapping[str, Any], *, strict: bool = True) -> Schema:
    """Validate the arguments of a call.

    Args:
        schema: The arguments that the call accepts.
        arguments: The received values by public name.
        strict: If false, text is converted to numbers, as a query string requires.

    Raises:
        InvalidArguments: Lists each invalid field with a message.
    """
    present = {name: value for name, value in arguments.items() if value is not None}
    try:
        return schema.model_validate(present, by_name=False, strict=strict)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        raise InvalidArguments(_field_errors(schema, problems)) from None


def _field_errors(schema: type[Arguments], problems: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    first_problems = {problem["loc"][:1]: problem for problem in reversed(problems)}
    names = list(dict.fromkeys(problem["loc"][:1] for problem in problems))[:FIELD_ERRORS_MAX]
    return [_field_error(schema, str(name[0]) if name else "arguments", first_problems[name]) for name in names]


def _field_error(schema: type[Arguments], name: str, problem: Mapping[str, Any]) -> FieldError:
    fields = {field.alias or key: field for key, field in schema.model_fields.items()}
    if name not in fields:
        # The name comes from the caller: repeat only a short, printable part of it.
        printable = "".join(c for c in name if c.isprintable())[:60].encode("utf-8", "replace").decode()
        accepted = f"This call takes {', '.join(fields)}." if fields else "This call takes none."
        return FieldError(printable or "arguments", f"Unknown argument. {accepted}")
    if problem["type"] == "missing":
        return FieldError(name, f"Required. {fields[name].description}")
    return FieldError(name, f"{problem['msg'].removeprefix('Value error, ')}. {fields[name].description}")
