"""Errors as the REST API tells them: problem documents (RFC 9457) with the service's own codes."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.conf import settings
from django.http import Http404
from pydantic import Field
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.response import Response

from accounts.exceptions import AuthenticationFailed
from infrastructure import database
from infrastructure.exceptions import InvalidArguments, ServiceError, Unavailable
from infrastructure.schemas import Result
from infrastructure.tracebacks import redacted

MEDIA_TYPE: Final = "application/problem+json"

logger = logging.getLogger(__name__)


class FieldProblem(Result):
    """One field that is wrong."""

    field: str = Field(description="The field's name: of the body, the query string, the path or a header.")
    detail: str = Field(description="What is wrong with it, and what it takes.")


class Problem(Result):
    """Why a call was refused or failed, after RFC 9457."""

    type: str = Field(
        description="A link to what the documentation says of this error.", json_schema_extra={"format": "uri"}
    )
    title: str = Field(description="The kind of error, in a few words.")
    status: int = Field(description="The HTTP status once more.")
    detail: str = Field(description="What went wrong and what to do about it.")
    code: str = Field(description="A stable name of the error, the same as over MCP.")
    retryable: bool = Field(description="Whether the same request may succeed later, unchanged.")
    errors: list[FieldProblem] = Field(
        default_factory=list, description="With invalid_arguments: each field that is wrong."
    )
    instance: str | None = Field(
        default=None,
        description="With an image that could not be made: the path of that image.",
        json_schema_extra={"format": "uri-reference"},
    )


class BadRequest(ServiceError):
    """The request is refused before anybody has looked at the call: it names another host, for instance."""

    code = "bad_request"
    status = 400

    def __init__(self) -> None:
        super().__init__(f"This request cannot be read. Send it to {settings.SITE_URL}, and look at its headers.")


class BodyTooLarge(ServiceError):
    """The request's body is longer than any call needs."""

    code = "too_large"
    status = 413

    def __init__(self, bytes_max: int) -> None:
        super().__init__(f"A request's body has at most {bytes_max} bytes.")


class NotJson(ServiceError):
    """The request's body cannot be read."""

    code = "malformed_json"
    status = 400

    def __init__(self) -> None:
        super().__init__("The body is no JSON text. Send one JSON object, in UTF-8.")


class UnsupportedMediaType(ServiceError):
    """The request's body says that it is something else than JSON."""

    code = "unsupported_media_type"
    status = 415

    def __init__(self) -> None:
        super().__init__("Send JSON, and say so in the header: Content-Type: application/json.")


class EndpointNotFound(ServiceError):
    """The address is none of the API's, or what lay there is gone."""

    code = "not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__(f"There is no such call. {settings.SITE_URL}/docs/api lists what there is.")


class UnsupportedMethod(ServiceError):
    """The address has no such method."""

    code = "method_not_allowed"
    status = 405

    def __init__(self, methods: Sequence[str]) -> None:
        self.methods = ", ".join(methods)
        super().__init__(f"This address takes {self.methods}.")


class InternalError(ServiceError):
    """Something happened that nobody expected."""

    code = "internal_error"
    status = 500

    def __init__(self) -> None:
        super().__init__("Something went wrong on our side. It has been noted.")


def document(error: ServiceError) -> dict[str, Any]:
    """Return the problem document of an error of the service."""
    fields = error.fields if isinstance(error, InvalidArguments) else ()
    facts = _facts(error.status, error.code, error.message, retryable=error.retryable)
    if fields:
        facts["errors"] = [{"field": field, "detail": message} for field, message in fields]
    return facts


def response(error: Exception, *, allowed_methods: Sequence[str] = (), instance: str | None = None) -> Response:
    """Return what the caller is told of an error, expected or not.

    Args:
        error: What went wrong.
        allowed_methods: What the address takes, in case that is what went wrong.
        instance: The path of the image that could not be made, if the error is about one.
    """
    if isinstance(error, ServiceError):
        facts = document(error)
        return _response({**facts, "instance": instance} if instance else facts, _headers(error))
    if isinstance(error, MethodNotAllowed):
        return response(UnsupportedMethod(allowed_methods))
    if isinstance(error, Http404):
        return response(EndpointNotFound())
    logger.error("a call failed: %s", redacted(error))
    return response(Unavailable() if isinstance(error, database.UNAVAILABLE_ERRORS) else InternalError())


def _facts(status: int, code: str, detail: str, *, retryable: bool) -> dict[str, Any]:
    return {
        "type": f"{settings.SITE_URL}/docs/api#{code}",
        "title": code.replace("_", " ").capitalize().replace("json", "JSON"),
        "status": status,
        "detail": detail,
        "code": code,
        "retryable": retryable,
    }


def _headers(error: ServiceError) -> dict[str, str]:
    if isinstance(error, UnsupportedMethod):
        return {"Allow": error.methods}
    if isinstance(error, AuthenticationFailed):
        return {"WWW-Authenticate": "Bearer"}
    seconds = getattr(error, "retry_after_seconds", None)
    return {"Retry-After": f"{seconds:.0f}"} if seconds is not None else {}


def _response(facts: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    response = Response(dict(facts), status=facts["status"], headers=dict(headers or {}), content_type=MEDIA_TYPE)
    response.exception = True
    return response
