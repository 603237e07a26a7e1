"""Errors of asking for an image and of making one.

accounts.exceptions.ServiceError
 ├─ RequestRefused                  nothing was charged
 │   ├─ UnsupportedAspectRatio
 │   ├─ UnsupportedThinkingLevel
 │   ├─ ModelUnavailable
 │   ├─ ModelNotAllowed
 │   ├─ TooManyRunning
 │   ├─ PriceChanged
 │   ├─ IdempotencyConflict
 │   ├─ ImageNotFound
 │   ├─ NotCancellable
 │   ├─ NotReady
 │   ├─ AlreadyRefunded
 │   └─ NothingToRepeat
 └─ GenerationFailed                the image is final without a picture, its credits are back
     ├─ Cancelled
     ├─ ModerationRejected
     ├─ ProviderFailed
     │   └─ ModelGone
     ├─ TimedOut
     ├─ EndedByStaff
     └─ AccountDeleted
"""

from typing import ClassVar, Final

from infrastructure.exceptions import ServiceError


class RequestRejected(ServiceError):
    """The request was not taken; nothing was charged."""


class UnsupportedAspectRatio(RequestRejected):
    """The model does not make pictures of this shape."""

    code = "unsupported_aspect_ratio"
    status = 422

    def __init__(self, model_id: str, supported: list[str]) -> None:
        super().__init__(f"{model_id} does not make this aspect ratio. It takes {', '.join(supported)}.")


class UnsupportedThinkingLevel(RequestRejected):
    """The model has no deep thinking."""

    code = "unsupported_thinking_level"
    status = 422

    def __init__(self, model_id: str) -> None:
        super().__init__(f"{model_id} has no deep thinking. Leave thinkingLevel out or use default.")


class ModelUnavailable(RequestRejected):
    """The model is switched off, or nobody runs it here."""

    code = "model_unavailable"
    status = 503
    retryable = True

    def __init__(self, model_id: str) -> None:
        super().__init__(f"{model_id} is not available now. The list of models tells which ones are.")


class ModelNotAllowed(RequestRejected):
    """The key may not use this model."""

    code = "model_not_allowed"
    status = 403

    def __init__(self, model_id: str, allowed: list[str]) -> None:
        super().__init__(f"This API key may not use {model_id}. It may use: {', '.join(allowed) or 'no model'}.")


class TooManyRunning(RequestRejected):
    """The user has as many unfinished images as one may."""

    code = "too_many_running"
    status = 429
    retryable = True
    retry_after_seconds = 10

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} images are being made for this account already. Ask again when one is finished.")


class PriceChanged(RequestRejected):
    """The picture costs something else than what its price was when it was asked for."""

    code = "price_changed"
    status = 409

    def __init__(self, model_id: str, *, agreed: int, credits: int) -> None:
        self.credits = credits
        super().__init__(
            f"The price of {model_id} has changed from {agreed} to {credits} credits. Nothing was charged: ask again "
            "if you agree."
        )


class IdempotencyConflict(RequestRejected):
    """The idempotency key was used before, for another request."""

    code = "idempotency_conflict"
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "This idempotency key belongs to another request. Repeat that request unchanged, or use a new key."
        )


class ImageNotFound(RequestRejected):
    """There is no such image for this caller: also when it is somebody else's."""

    code = "image_not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__("No image of this account has this id. The list of images tells which there are.")


class NotCancellable(RequestRejected):
    """The image is being made already, or is final."""

    code = "not_cancellable"
    status = 409

    def __init__(self) -> None:
        super().__init__("Only an image that is still queued can be cancelled.")


class NotReady(RequestRejected):
    """The image is not finished, or has no picture."""

    code = "not_ready"
    status = 409

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(f"This image is {status}. {reason}")


class AlreadyRefunded(RequestRejected):
    """The credits of the image went back before."""

    code = "already_refunded"
    status = 409

    def __init__(self) -> None:
        super().__init__("The credits of this image are back already. An image is refunded once.")


class NotRetryable(RequestRejected):
    """The image did not fail, or nobody knows its words any more."""

    code = "nothing_to_repeat"
    status = 409

    def __init__(self) -> None:
        super().__init__("Only an image that failed or was declined, and that nobody has deleted, can be made again.")


class GenerationFailed(ServiceError):
    """No picture came of it, and the credits are returned."""

    image_status: ClassVar[str] = "failed"


class Cancelled(GenerationFailed):
    """Its owner ended it before anybody had begun."""

    code = "cancelled"
    status = 409
    image_status = "cancelled"

    def __init__(self) -> None:
        super().__init__("This image was cancelled before it was begun. Its credits are back.")


class ModerationRejected(GenerationFailed):
    """The provider declined the prompt or the picture."""

    code = "moderation_rejected"
    status = 422
    image_status = "rejected"
    advice = ". Rephrase the prompt and ask again; nothing was charged."

    def __init__(self, reason: str) -> None:
        super().__init__(reason.strip().rstrip(".") + self.advice)


class ProviderFailed(GenerationFailed):
    """The provider gave no usable answer.

    calls_allowed is how many calls of this kind are worth making in all (1: calling again would not help);
    retry_after_seconds is what the provider asked us to wait.
    """

    code = "provider_error"
    status = 502
    retryable = True

    def __init__(self, message: str, *, calls_allowed: int = 1, retry_after_seconds: float | None = None) -> None:
        self.calls_allowed = calls_allowed
        self.retry_after_seconds = retry_after_seconds
        super().__init__(message)


class ModelRetired(ProviderFailed):
    """The provider no longer knows the upstream name; staff can repoint it in the catalogue."""

    code = "model_unavailable"
    status = 503
    retryable = False

    def __init__(self) -> None:
        super().__init__("The provider no longer offers this model. Choose another one; your credits are back.")


class TimedOut(GenerationFailed):
    """The deadline for the whole image passed."""

    code = "timed_out"
    status = 504
    retryable = True

    def __init__(self) -> None:
        super().__init__("The model took too long and we stopped it. Your credits are back; ask again or try another.")


class EndedByStaff(GenerationFailed):
    """Staff ended it while it was being made."""

    code = "provider_error"
    status = 502
    retryable = True

    def __init__(self) -> None:
        super().__init__("We stopped this image because it was stuck. Your credits are back; ask again if you like.")


class AccountDeleted(GenerationFailed):
    """Its owner deleted the account while it was being made."""

    code = "account_deleted"
    status = 404

    def __init__(self) -> None:
        super().__init__("The account was deleted while this image was being made.")


# What an image's row may say went wrong.
FAILURE_CODES: Final = tuple(
    dict.fromkeys(
        kind.code for kind in (Cancelled, ModerationRejected, ProviderFailed, ModelRetired, TimedOut, AccountDeleted)
    )
)


def from_row(code: str, message: str) -> GenerationFailed:
    """Return the failure that an image's row tells of, as it was when it was written down."""
    kinds: tuple[type[GenerationFailed], ...] = (ModerationRejected, ProviderFailed, ModelRetired, TimedOut)
    kind = next((kind for kind in kinds if kind.code == code), ProviderFailed)
    # The words are there already: __init__ would make them anew.
    return kind.__new__(kind, message)
