"""How arguments are read and answers written, the same at every door: camelCase fields, strict types, clear errors."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from infrastructure.exceptions import FieldError, InvalidArguments

PAGE_MAX = 100
PAGE_DEFAULT = 20
OFFSET_MAX = 2**31 - 1
WRONG_FIELDS_MAX = 10

Schema = TypeVar("Schema", bound="Arguments")


class Arguments(BaseModel):
    """Arguments of a call: unknown ones are errors, and null is the same as leaving one out."""

    model_config = ConfigDict(alias_generator=to_camel, strict=True, extra="forbid", frozen=True)


class Result(BaseModel):
    """Part of an answer: every field is always there."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    def to_json(self) -> dict[str, Any]:
        """Return the answer as JSON-ready values, under its public names."""
        return self.model_dump(mode="json", by_alias=True)


class PageArguments(Arguments):
    """Which part of a list, newest first."""

    limit: Annotated[int, Field(ge=1, le=PAGE_MAX, description="How many entries to return: 1 to 100.")] = PAGE_DEFAULT
    offset: Annotated[int, Field(ge=0, le=OFFSET_MAX, description="How many entries to skip: 0 or more.")] = 0


class NoArguments(Arguments):
    """The call takes no arguments."""


def parse(schema: type[Schema], arguments: Mapping[str, Any], *, strict: bool = True) -> Schema:
    """Return the checked arguments of a call.

    Args:
        schema: What the call takes.
        arguments: What it was given, by public name.
        strict: Whether a number must be one; in a query string everything is text.

    Raises:
        InvalidArguments: Names each field that is wrong, and what it takes.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        return schema.model_validate(given, by_name=False, strict=strict)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        raise InvalidArguments(_wrong_fields(schema, problems)) from None


def _wrong_fields(schema: type[Arguments], problems: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    first_of_each = {problem["loc"][:1]: problem for problem in reversed(problems)}
    names = list(dict.fromkeys(problem["loc"][:1] for problem in problems))[:WRONG_FIELDS_MAX]
    return [_explained(schema, str(name[0]) if name else "arguments", first_of_each[name]) for name in names]


def _explained(schema: type[Arguments], name: str, problem: Mapping[str, Any]) -> FieldError:
    fields = {field.alias or key: field for key, field in schema.model_fields.items()}
    if name not in fields:
        # The name came from outside: what is repeated of it is short and harmless.
        shown = "".join(c for c in name if c.isprintable())[:60].encode("utf-8", "replace").decode()
        taken = f"This call takes {', '.join(fields)}." if fields else "This call takes none."
        return FieldError(shown or "arguments", f"Unknown argument. {taken}")
    if problem["type"] == "missing":
        return FieldError(name, f"Required. {fields[name].description}")
    return FieldError(name, f"{problem['msg'].removeprefix('Value error, ')}. {fields[name].description}")
