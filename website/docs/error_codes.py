"""The errors that a tool answers with, as the page about MCP lists them."""

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from accounts.exceptions import AccountSuspended
from billing.exceptions import InsufficientCredits, KeyCapExceeded
from images.exceptions import (
    Cancelled,
    IdempotencyConflict,
    ImageNotFound,
    ModelNotAllowed,
    ModelUnavailable,
    ModerationRejected,
    ProviderFailed,
    TimedOut,
    TooManyRunning,
    UnsupportedAspectRatio,
    UnsupportedThinkingLevel,
)
from infrastructure.exceptions import InvalidArguments, ServiceError, Unavailable

if TYPE_CHECKING:
    from website.docs.rest_reference import ErrorCode

# In the order in which they are looked for; what happens to an image that was taken comes last.
TOOL_ERRORS: Final[tuple[type[ServiceError], ...]] = (
    AccountSuspended,
    InvalidArguments,
    ImageNotFound,
    IdempotencyConflict,
    ModelUnavailable,
    UnsupportedAspectRatio,
    UnsupportedThinkingLevel,
    ModelNotAllowed,
    TooManyRunning,
    KeyCapExceeded,
    InsufficientCredits,
    ModerationRejected,
    ProviderFailed,
    TimedOut,
    Cancelled,
    Unavailable,
)


@functools.cache
def tool_errors() -> "Sequence[ErrorCode]":
    """Return each code with an example of what it says: that of the REST API, whose words are the same."""
    # What writes the document is slow to import, and every process imports this module.
    from api.openapi_document import openapi  # noqa: PLC0415
    from website.docs.rest_reference import describe  # noqa: PLC0415

    known = {error.code: error for error in describe(openapi()).errors}
    return tuple(known[kind.code] for kind in TOOL_ERRORS)
