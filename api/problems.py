"""Errors of the REST API as problem documents (RFC 9457), and the errors that only HTTP requests can cause."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.conf import settings
from django.http import Http404, JsonResponse
from pydantic import Field
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.response import Response

from accounts.exceptions import AuthenticationFailed
from infrastructure import database
from infrastructure.exceptions import InvalidArguments, ServiceError, Unavailable
from infrastructure.observability.tracebacks import redacted
from infrastructure.schemas import Result

MEDIA_TYPE: Final = "application/problem+json"

logger = logging.getLogger(__name__)


class FieldProblem(Result):
    """An invalid field."""

    field: str = Field(description="The name of the field in the body, query string, path or header.")
    detail: str = Field(description="Why the value is invalid, and which values are accepted.")


class Problem(Result):
    """Why a request failed (RFC 9457)."""

    type: str = Field(description="A link to the documentation of this error.", json_schema_extra={"format": "uri"})
    title: str = Field(description="A short summary of the type of error.")
    status: int = Field(description="The HTTP status code.")
    detail: str = Field(description="What went wrong and what to do next.")
    code: str = Field(description="A stable error code, the same in REST and MCP.")
    retryable: bool = Field(description="Whether the same request may succeed if you retry it later.")
    errors: list[FieldProblem] = Field(default_factory=list, description="For invalid_arguments: every invalid field.")
    instance: str | None = Field(
        default=None,
        description="For an image that failed: the path of the image.",
        json_schema_extra={"format": "uri-reference"},
    )


class BadRequest(ServiceError):
    """Django rejects the request before it reaches a view, for example because of an unknown Host."""

    code = "bad_request"
    status = 400

    def __init__(self) -> None:
        super().__init__(f"The request is invalid. Send it to {settings.SITE_URL} and check its headers.")


class BodyTooLarge(ServiceError):
    """The request body is longer than the endpoint accepts."""

    code = "too_large"
    status = 413

    def __init__(self, bytes_max: int) -> None:
        super().__init__(f"The request body is larger than {bytes_max} bytes.")


class NotJson(ServiceError):
    """The request body is not valid JSON."""

    code = "malformed_json"
    status = 400

    def __init__(self) -> None:
        super().__init__("The request body isn't valid JSON. Send one JSON object, encoded in UTF-8.")


class UnsupportedMediaType(ServiceError):
    """The request's Content-Type is not one that the endpoint accepts."""

    code = "unsupported_media_type"
    status = 415

    def __init__(
        self, message: str = "The request body must be JSON. Set the header Content-Type: application/json."
    ) -> None:
        super().__init__(message)


class EndpointNotFound(ServiceError):
    """There is no endpoint with this path, or the file of an image is missing."""

    code = "not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__(f"There is nothing at this URL. See {settings.SITE_URL}/docs/api for all endpoints.")


class UnsupportedMethod(ServiceError):
    """The endpoint does not support this method."""

    code = "method_not_allowed"
    status = 405

    def __init__(self, methods: Sequence[str]) -> None:
        self.methods = ", ".join(methods)
        super().__init__(f"This endpoint supports {self.methods}.")


class InternalError(ServiceError):
    """An unexpected error."""

    code = "internal_error"
    status = 500

    def __init__(self) -> None:
        super().__init__("Something went wrong on our end, and the error was logged. Try again later.")


def document(error: ServiceError) -> dict[str, Any]:
    """Return the problem document of an error."""
    fields = error.fields if isinstance(error, InvalidArguments) else ()
    problem = _problem(error.status, error.code, error.message, retryable=error.retryable)
    if fields:
        problem["errors"] = [{"field": field, "detail": message} for field, message in fields]
    return problem


def response(error: Exception, *, allowed_methods: Sequence[str] = (), instance: str | None = None) -> Response:
    """Return the response for an exception. Unexpected exceptions are logged and become `internal_error`.

    Args:
        error: The exception.
        allowed_methods: The methods that the endpoint supports, for MethodNotAllowed.
        instance: The path of the image that failed, if the error is about an image.
    """
    service_error = to_service_error(error, allowed_methods=allowed_methods)
    problem = document(service_error)
    return _response({**problem, "instance": instance} if instance else problem, headers(service_error))


def to_service_error(error: Exception, *, allowed_methods: Sequence[str]) -> ServiceError:
    """Return the error to report for an exception. Unexpected exceptions are logged and become `internal_error`."""
    if isinstance(error, ServiceError):
        return error
    if isinstance(error, MethodNotAllowed):
        return UnsupportedMethod(allowed_methods)
    if isinstance(error, Http404):
        return EndpointNotFound()
    logger.error("a call failed: %s", redacted(error))
    return Unavailable() if isinstance(error, database.UNAVAILABLE_ERRORS) else InternalError()


def json_response(error: ServiceError) -> JsonResponse:
    """Return the response for an error outside of the REST framework's views."""
    return JsonResponse(document(error), status=error.status, content_type=MEDIA_TYPE, headers=headers(error))


def _problem(status: int, code: str, detail: str, *, retryable: bool) -> dict[str, Any]:
    return {
        "type": f"{settings.SITE_URL}/docs/api#{code}",
        "title": code.replace("_", " ").capitalize().replace("json", "JSON"),
        "status": status,
        "detail": detail,
        "code": code,
        "retryable": retryable,
    }


def headers(error: ServiceError) -> dict[str, str]:
    """Return the headers of an error's response, such as Retry-After."""
    if isinstance(error, UnsupportedMethod):
        return {"Allow": error.methods}
    if isinstance(error, AuthenticationFailed):
        return {"WWW-Authenticate": "Bearer"}
    seconds = getattr(error, "retry_after_seconds", None)
    return {"Retry-After": f"{seconds:.0f}"} if seconds is not None else {}


def _response(problem: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    response = Response(dict(problem), status=problem["status"], headers=dict(headers or {}), content_type=MEDIA_TYPE)
    response.exception = True
    return response
