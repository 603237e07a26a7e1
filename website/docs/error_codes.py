"""The error codes of the tools, for the page /docs/mcp."""

import functools
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from accounts.exceptions import AccountSuspended
from billing.exceptions import InsufficientCredits, KeyCapExceeded
from images.exceptions import (
    ConfirmationRequired,
    ConfirmationUsed,
    EditsUnsupported,
    IdempotencyConflict,
    ImageNotFound,
    InvalidMask,
    ModelNotAllowed,
    ModelUnavailable,
    NotReady,
    PriceAboveLimit,
    TooManyRunning,
    TooManySources,
    TooManyUploads,
    UnsupportedAspectRatio,
    UnsupportedOption,
    UnsupportedThinkingLevel,
    UploadExpired,
)
from images.failures import Cancelled, ModerationRejected, ProviderFailed, SourceDeleted, TimedOut
from infrastructure.exceptions import InvalidArguments, ServiceError, Unavailable

if TYPE_CHECKING:
    from website.docs.rest_reference import ErrorCode

# In the order of the checks; the failures of an accepted image come last.
TOOL_ERRORS: Final[tuple[type[ServiceError], ...]] = (
    AccountSuspended,
    InvalidArguments,
    TooManyUploads,
    IdempotencyConflict,
    ConfirmationUsed,
    ImageNotFound,
    NotReady,
    UploadExpired,
    ModelUnavailable,
    UnsupportedAspectRatio,
    UnsupportedThinkingLevel,
    UnsupportedOption,
    EditsUnsupported,
    TooManySources,
    InvalidMask,
    ModelNotAllowed,
    TooManyRunning,
    PriceAboveLimit,
    KeyCapExceeded,
    InsufficientCredits,
    ConfirmationRequired,
    ModerationRejected,
    ProviderFailed,
    TimedOut,
    SourceDeleted,
    Cancelled,
    Unavailable,
)
# REST has no such errors.
MCP_ERRORS: Final[tuple[ServiceError, ...]] = (
    ConfirmationRequired(credits=20, limit=10, balance=482),
    ConfirmationUsed(uuid.UUID("6a1f0c9e-2f55-4c0b-b3a8-5d1f5a4c9e02")),
)


@functools.cache
def tool_errors() -> "Sequence[ErrorCode]":
    """Return each code with an example message, from the OpenAPI document if REST has the error too."""
    # Generating the document needs slow imports, and every process imports this module.
    from api.openapi.document import openapi  # noqa: PLC0415
    from website.docs.rest_reference import describe  # noqa: PLC0415

    errors_by_code = {error.code: error for error in describe(openapi(), extra_errors=MCP_ERRORS).errors}
    return tuple(errors_by_code[error_class.code] for error_class in TOOL_ERRORS)
