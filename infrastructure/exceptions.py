"""The base class of every error that a caller can receive, and the errors that belong to no app.

ServiceError
 ├─ InvalidArguments
 ├─ Unavailable
 └─ (accounts.exceptions, billing.exceptions, images.exceptions, api.problems)
"""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple


class ServiceError(Exception):
    """What went wrong, in words for the caller: a stable code, an HTTP status, and whether to try again unchanged."""

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
    """Fields are missing, unknown, or hold what they cannot take."""

    code = "invalid_arguments"
    status = 422

    def __init__(self, fields: Sequence[FieldError]) -> None:
        self.fields = fields
        super().__init__(" ".join(f"{field}: {message}" for field, message in fields))


class Unavailable(ServiceError):
    """The service itself is out of order for now: its database or its storage is away."""

    code = "unavailable"
    status = 503
    retryable = True
    retry_after_seconds = 5

    def __init__(self) -> None:
        super().__init__(
            "The service is not available now. Try again soon: what was begun goes on, and with the same idempotency "
            "key nothing is made or charged twice."
        )
