"""Parse a request's JSON body, query string and Prefer header."""

import io
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from django.http import HttpRequest
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from api.problems import BodyTooLarge, NotJson, UnsupportedMediaType
from infrastructure.exceptions import FieldError, InvalidArguments
from infrastructure.http import request_headers
from infrastructure.limits import BODY_MAX_BYTES

WAIT_DIGITS_MAX: Final = 9


class WaitPreference(NamedTuple):
    """How long to wait for the image, in seconds, and the preferences that were applied (RFC 7240)."""

    seconds: int
    applied: str


def media_type(request: HttpRequest | Request) -> str:
    """Return the media type of the body, without parameters; empty without Content-Type.

    Raises:
        InvalidArguments: The Content-Type is ambiguous.
    """
    content_type = request_headers.single_value(request, "Content-Type") or ""
    return content_type.partition(";")[0].strip().lower()


def optional_json_body(request: Request) -> Mapping[str, Any]:
    """Return the JSON object in the request body; an empty one for a request without a body.

    Raises:
        UnsupportedMediaType, BodyTooLarge, NotJson, InvalidArguments: As in json_body.
    """
    if media_type(request) or request.read(1):
        return json_body(request)
    return {}


def json_body(request: Request) -> Mapping[str, Any]:
    """Return the JSON object in the request body.

    Raises:
        UnsupportedMediaType: Content-Type is not application/json.
        BodyTooLarge: The body is longer than BODY_MAX_BYTES.
        NotJson: The body is not valid JSON in UTF-8.
        InvalidArguments: The body is JSON, but not an object; or the Content-Type is ambiguous.
    """
    if media_type(request) != JSONParser.media_type:
        raise UnsupportedMediaType
    # The framework trusts Content-Length and treats a chunked body as empty, so the body is read directly.
    body = request.read(BODY_MAX_BYTES + 1)
    if len(body) > BODY_MAX_BYTES:
        raise BodyTooLarge(BODY_MAX_BYTES)
    try:
        content = JSONParser().parse(io.BytesIO(body), parser_context={"encoding": "utf-8"})
    except (ParseError, RecursionError):
        raise NotJson from None
    if not isinstance(content, dict):
        raise InvalidArguments([FieldError("body", "Send a JSON object.")])
    return content


def merge_fields(fields: Mapping[str, Any], other_fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a body or query string together with those of the path or a header.

    Raises:
        InvalidArguments: A field of the path or header is also in the body or query string.
    """
    misplaced = [name for name in other_fields if fields.get(name) is not None]
    if misplaced:
        message = "Send this in the path or header, not in the body or query string."
        raise InvalidArguments([FieldError(name, message) for name in misplaced])
    return {**fields, **other_fields}


def query_fields(request: Request) -> Mapping[str, Any]:
    """Return the fields of the query string. A repeated field becomes a list, which every schema rejects."""
    return {name: values[0] if len(values) == 1 else values for name, values in request.GET.lists()}


def wait_preference(request: Request, *, default_seconds: int, max_seconds: int) -> WaitPreference:
    """Return how long to wait, from `Prefer: wait=N` and `Prefer: respond-async`. Invalid preferences are ignored."""
    preferences: dict[str, str] = {}
    for preference in request.headers.get("Prefer", "").split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        preferences.setdefault(name.strip().lower(), value.strip().strip('"'))
    applied = ["respond-async"] if "respond-async" in preferences else []
    seconds = 0 if applied else default_seconds
    wait = preferences.get("wait", "")
    if wait.isascii() and wait.isdecimal() and len(wait) <= WAIT_DIGITS_MAX:
        seconds = min(int(wait), max_seconds)
        applied.append(f"wait={seconds}")
    return WaitPreference(seconds, ", ".join(applied))
