"""Errors in OpenAI's shape, and the errors that only this API has.

infrastructure.exceptions.ServiceError
 ├─ EndpointNotFound
 ├─ ModelNotFound
 └─ Unfinished                      the images were charged and are not finished
"""

from collections.abc import Sequence
from typing import Any, Final

from django.conf import settings
from rest_framework.response import Response

from api import problems
from billing.exceptions import ChargeRejected
from images.exceptions import EditsUnsupported, InvalidMask, TooManySources, UnsupportedOption
from images.failures import GenerationFailed
from infrastructure.exceptions import InvalidArguments, ServiceError

# OpenAI reports these with other statuses, and its SDKs and their users choose exception classes by status. There, an
# exhausted balance is 429 with the type insufficient_quota.
STATUSES: Final = {422: 400, 402: 429}
# The parameters that these errors are about.
PARAMETERS: Final = {InvalidMask.code: "mask", TooManySources.code: "image", EditsUnsupported.code: "model"}
TYPES: Final = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


class EndpointNotFound(ServiceError):
    """OpenAI's API may have this endpoint; this one does not."""

    code = "not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__(
            "This endpoint doesn't exist. Use POST images/generations, POST images/edits or GET models. See "
            f"{settings.SITE_URL}/docs/openai."
        )


class ModelNotFound(ServiceError):
    """No model, or more than one, has this name."""

    code = "model_not_found"
    status = 404

    def __init__(self, candidates: Sequence[str]) -> None:
        super().__init__(f"This model name is unknown or ambiguous. Use one of: {', '.join(candidates)}.")


class Unfinished(ServiceError):
    """The images are unfinished and the SDKs' timeout is near, or the server stops."""

    code = "unfinished"
    status = 504
    retryable = True

    def __init__(self, image_ids: Sequence[str], *, has_key: bool) -> None:
        if has_key:
            advice = "Repeat the request with the same Idempotency-Key to wait for them without a second charge."
        else:
            urls = ", ".join(f"{settings.SITE_URL}/api/v1/images/{image_id}" for image_id in image_ids)
            advice = f"Fetch them with GET {urls}. A repeated request is charged again."
        super().__init__(f"The images aren't finished yet, and their generation continues. {advice}")


def document(error: ServiceError, *, note: str = "") -> dict[str, Any]:
    """Return the body of an error response.

    Args:
        error: The error.
        note: A sentence to add to its message.
    """
    fields = error.fields if isinstance(error, InvalidArguments) else ()
    param = next((field.field for field in fields), None)
    if isinstance(error, ModelNotFound):
        param = "model"
    elif isinstance(error, UnsupportedOption) and error.option:
        param = "size" if error.option == "resolution" else error.option
    else:
        param = PARAMETERS.get(error.code, param)
    message = f"{error.message} {note}".strip()
    return {"error": {"message": message, "type": _type(error), "param": param, "code": error.code}}


def status(error: ServiceError) -> int:
    """Return the HTTP status with which OpenAI's API reports such an error."""
    return 429 if isinstance(error, ChargeRejected) else STATUSES.get(error.status, error.status)


def response(
    error: Exception, *, allowed_methods: Sequence[str] = (), retry_is_safe: bool = True, note: str = ""
) -> Response:
    """Return the response for an exception. Unexpected exceptions are logged and become `internal_error`.

    Args:
        error: The exception.
        allowed_methods: The methods that the endpoint supports, for MethodNotAllowed.
        retry_is_safe: Whether the same request can be sent again without a second charge.
        note: A sentence to add to the message.
    """
    service_error = problems.to_service_error(error, allowed_methods=allowed_methods)
    headers = problems.headers(service_error)
    # A replay of a failed image is the same failure.
    if not retry_is_safe or not service_error.retryable or isinstance(service_error, GenerationFailed):
        # The SDKs otherwise repeat every request that fails with status 408, 409, 429 or 5xx.
        headers["X-Should-Retry"] = "false"
    result = Response(document(service_error, note=note), status=status(service_error), headers=headers)
    result.exception = True
    return result


def _type(error: ServiceError) -> str:
    if isinstance(error, ChargeRejected):
        return "insufficient_quota"
    return TYPES.get(error.status) or ("server_error" if error.status >= 500 else "invalid_request_error")
