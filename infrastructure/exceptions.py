"""The base class of all errors that a caller can receive, errors shared by all apps, and those of outbound requests.

ServiceError
 ├─ InvalidArguments
 ├─ Unavailable
 └─ (accounts.exceptions, billing.exceptions, images.exceptions, api.problems)
OutboundError
 ├─ OutboundRefused
 └─ OutboundFailed
     └─ ResponseTooLong
"""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple


class ServiceError(Exception):
    """An error reported to the caller.

    It has a stable code, an HTTP status, a message, and a flag that is true if the same request may succeed later.
    """

    code: ClassVar[str]
    status: ClassVar[int]
    retryable: ClassVar[bool] = False

    @property
    def message(self) -> str:
        return str(self)


class FieldError(NamedTuple):
    """An invalid field and the message about it for the caller."""

    field: str
    message: str


class InvalidArguments(ServiceError):
    """Fields are missing, unknown or invalid."""

    code = "invalid_arguments"
    status = 422

    def __init__(self, fields: Sequence[FieldError]) -> None:
        self.fields = fields
        super().__init__(" ".join(f"{field}: {message}" for field, message in fields))


class Unavailable(ServiceError):
    """The service is temporarily unavailable because its database or storage does not respond."""

    code = "unavailable"
    status = 503
    retryable = True
    retry_after_seconds = 5

    def __init__(
        self,
        message: str = "The service is temporarily unavailable. Try again in a few seconds. Images already started "
        "continue, and a retry with the same idempotency key is not charged twice.",
    ) -> None:
        super().__init__(message)


class OutboundError(Exception):
    """A request to a URL that a user entered has no response; the text is advice for the user.

    It is not a ServiceError: the caller of infrastructure.outbound maps it to a field or an error of its own
    interface.
    """


class OutboundRefused(OutboundError):
    """The URL is not allowed, and nothing was connected to."""


class OutboundFailed(OutboundError):
    """The host was not found, not reached in time, or its response is not usable."""


class ResponseTooLong(OutboundFailed):
    """The response has more bytes than allowed."""
