"""The errors with which an image ends without a picture. Its credits were refunded, and its row records the error."""

from typing import ClassVar, Final, Self

from images.exceptions import InvalidMask, TooManySources
from infrastructure.exceptions import ServiceError, Unavailable


class GenerationFailed(ServiceError):
    """The image ended without a picture, and its credits were refunded.

    The constructors of RECORDED_FAILURES accept the message as their first argument, so that `from_row` can restore a
    failure from an image's row with the message it had when it was stored.
    """

    image_status: ClassVar[str] = "failed"
    # The failure in a few words, for ledger lines and gallery tiles.
    summary: ClassVar[str] = ""


class Cancelled(GenerationFailed):
    """The image was ended while it was still queued."""

    code = "cancelled"
    summary = "Cancelled before it started"
    status = 409
    image_status = "cancelled"

    def __init__(self, message: str = "This image was cancelled before it started. Its credits were refunded.") -> None:
        super().__init__(message)


class ModerationRejected(GenerationFailed):
    """The provider rejected the prompt or the picture."""

    code = "moderation_rejected"
    summary = "Content moderation"
    status = 422
    image_status = "rejected"
    advice = ". Rephrase the prompt and try again; your credits were refunded."

    @classmethod
    def with_advice(cls, reason: str) -> Self:
        """Return the error with a message that adds the advice to the provider's reason."""
        return cls(reason.strip().rstrip(".") + cls.advice)


class ProviderFailed(GenerationFailed):
    """The provider returned no usable picture.

    calls_allowed is the total number of calls worth making when this error occurs (1: a retry would not help);
    retry_after_seconds is the delay that the provider requested, if any.
    """

    code = "provider_error"
    summary = "Provider error"
    status = 502
    retryable = True

    def __init__(self, message: str, *, calls_allowed: int = 1, retry_after_seconds: float | None = None) -> None:
        self.calls_allowed = calls_allowed
        self.retry_after_seconds = retry_after_seconds
        super().__init__(message)


class ModelRetired(ProviderFailed):
    """The provider rejects the model's upstream id; staff can correct the id in the catalogue."""

    code = "model_unavailable"
    summary = "Model no longer offered"
    status = 503
    retryable = False

    def __init__(
        self,
        message: str = "The provider no longer offers this model. Choose another model; your credits were refunded.",
    ) -> None:
        super().__init__(message)


class TimedOut(GenerationFailed):
    """The image did not finish before its deadline."""

    code = "timed_out"
    summary = "Timed out"
    status = 504
    retryable = True

    def __init__(
        self,
        message: str = "The model took too long, so we stopped it. Your credits were refunded; try again or choose "
        "another model.",
    ) -> None:
        super().__init__(message)


class StorageFull(GenerationFailed):
    """The provider returned a picture, and storage had no space for it."""

    code = Unavailable.code
    summary = "Storage full"
    status = Unavailable.status
    retryable = True
    retry_after_seconds = 30

    def __init__(
        self,
        message: str = "The picture couldn't be stored because storage is full. Your credits were refunded; try again "
        "in a minute.",
    ) -> None:
        super().__init__(message)


class SourceDeleted(GenerationFailed):
    """A picture that the image was to be made from was deleted before the provider received it."""

    code = "source_deleted"
    summary = "Source deleted"
    status = 409

    def __init__(
        self,
        message: str = "A source of this image was deleted before the image started. Your credits were refunded.",
    ) -> None:
        super().__init__(message)

    @classmethod
    def of(cls, source_id: object) -> Self:
        """Return the error for a deleted picture, by its id."""
        return cls(f"The source {source_id} was deleted before this image started. Your credits were refunded.")


class SourcesRefused(GenerationFailed):
    """The provider accepts fewer pictures than the catalogue states."""

    code = TooManySources.code
    summary = "Too many sources"
    status = TooManySources.status

    def __init__(
        self,
        message: str = "The provider doesn't accept this many sources. Your credits were refunded. Use fewer, or "
        "another model.",
    ) -> None:
        super().__init__(message)


class MaskRefused(GenerationFailed):
    """The provider does not accept the mask, although it fits the first source."""

    code = InvalidMask.code
    summary = "Mask not accepted"
    status = InvalidMask.status

    def __init__(
        self,
        message: str = "The provider doesn't accept this mask. Your credits were refunded. Mark a larger area, or omit "
        "the mask and describe the change in the prompt.",
    ) -> None:
        super().__init__(message)


class EndedByStaff(GenerationFailed):
    """Staff ended the image before it finished."""

    # `from_row` restores it as ProviderFailed, which has the same code and status, with this message.
    code = "provider_error"
    status = 502
    retryable = True

    def __init__(self) -> None:
        super().__init__("We stopped this image because it was stuck. Your credits were refunded; you can try again.")


class AccountDeleted(GenerationFailed):
    """The owner deleted the account while the image was running."""

    code = "account_deleted"
    summary = "Account deleted"
    status = 404

    def __init__(self, message: str = "The account was deleted before this image finished.") -> None:
        super().__init__(message)


# The failures that an image's row can record, one class per code.
RECORDED_FAILURES: Final[tuple[type[GenerationFailed], ...]] = (
    Cancelled,
    ModerationRejected,
    ProviderFailed,
    ModelRetired,
    TimedOut,
    StorageFull,
    SourceDeleted,
    SourcesRefused,
    MaskRefused,
    AccountDeleted,
)
FAILURE_CODES: Final = tuple(failure.code for failure in RECORDED_FAILURES)
FAILURE_SUMMARIES: Final = {failure.code: failure.summary for failure in RECORDED_FAILURES}


def from_row(code: str, message: str) -> GenerationFailed:
    """Return the failure that an image's row records; an unknown code gives ProviderFailed."""
    failure = next((failure for failure in RECORDED_FAILURES if failure.code == code), ProviderFailed)
    return failure(message)
