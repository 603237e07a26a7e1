"""What a call brings along: its body, its query string, and how long it wants to wait."""

import io
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from api.problems import BodyTooLarge, NotJson, UnsupportedMediaType
from infrastructure.exceptions import FieldError, InvalidArguments
from infrastructure.limits import BODY_MAX_BYTES

WAIT_DIGITS_MAX: Final = 9


class WaitPreference(NamedTuple):
    """How long an answer may take, in seconds, and which preferences (RFC 7240) were followed."""

    seconds: int
    applied: str


def json_body(request: Request) -> Mapping[str, Any]:
    """Return the JSON object that the body holds.

    Raises:
        UnsupportedMediaType, BodyTooLarge, NotJson, InvalidArguments: It holds none.
    """
    if request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != JSONParser.media_type:
        raise UnsupportedMediaType
    # The framework takes the length on trust, and a body sent in chunks for an empty one.
    body = request.read(BODY_MAX_BYTES + 1)
    if len(body) > BODY_MAX_BYTES:
        raise BodyTooLarge(BODY_MAX_BYTES)
    try:
        content = JSONParser().parse(io.BytesIO(body), parser_context={"encoding": "utf-8"})
    except (ParseError, RecursionError):
        raise NotJson from None
    if not isinstance(content, dict):
        raise InvalidArguments([FieldError("body", "Send one JSON object.")])
    return content


def merged(given: Mapping[str, Any], elsewhere: Mapping[str, Any]) -> dict[str, Any]:
    """Return a call's fields together with those that come elsewhere, in its path or in a header, and only there.

    Raises:
        InvalidArguments: One of those is among the others too.
    """
    strays = [name for name in elsewhere if given.get(name) is not None]
    if strays:
        raise InvalidArguments([FieldError(name, "It is no field here: leave it to its own place.") for name in strays])
    return {**given, **elsewhere}


def query_fields(request: Request) -> Mapping[str, Any]:
    """Return the query string's fields; one that is repeated becomes a list, which no field takes."""
    return {name: values[0] if len(values) == 1 else values for name, values in request.GET.lists()}


def wait_preference(request: Request, *, default_seconds: int, max_seconds: int) -> WaitPreference:
    """Return how long to wait, after `Prefer: wait=N` and `Prefer: respond-async`; what cannot be read is ignored."""
    preferences: dict[str, str] = {}
    for preference in request.headers.get("Prefer", "").split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        preferences.setdefault(name.strip().lower(), value.strip().strip('"'))
    applied = ["respond-async"] if "respond-async" in preferences else []
    seconds = 0 if applied else default_seconds
    asked = preferences.get("wait", "")
    if asked.isascii() and asked.isdecimal() and len(asked) <= WAIT_DIGITS_MAX:
        seconds = min(int(asked), max_seconds)
        applied.append(f"wait={seconds}")
    return WaitPreference(seconds, ", ".join(applied))
