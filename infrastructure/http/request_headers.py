"""Request headers that have one value, not a list of values."""

from collections.abc import Iterable
from typing import Any

from infrastructure.exceptions import FieldError, InvalidArguments


def single_value(request: Any, name: str) -> str | None:
    """Return the value of a header of a Django request; None without it.

    Django joins repeated lines with commas, which turns two copies of a value into another value. Equal copies count
    once.

    Raises:
        InvalidArguments: The header was sent more than once, with different values.
    """
    scope = getattr(request, "scope", None)
    if scope is None:
        value: str | None = request.headers.get(name)
        return value
    return merge_copies(name, (value.decode("latin-1") for line, value in scope["headers"] if _is(line, name)))


def merge_copies(name: str, values: Iterable[str]) -> str | None:
    """Return the one value that the lines of a header have; None without lines.

    Raises:
        InvalidArguments: The lines have different values.
    """
    distinct = {value.strip() for value in values}
    if len(distinct) > 1:
        raise InvalidArguments([FieldError(name, "Sent more than once, with different values. Send this header once.")])
    return distinct.pop() if distinct else None


def _is(line_name: bytes, name: str) -> bool:
    return line_name.decode("latin-1").lower() == name.lower()
