"""Errors of requests. The errors of images that were accepted are in `failures.py`."""

import uuid
from collections.abc import Sequence
from typing import Self

from billing.money import credits_text
from infrastructure.exceptions import ServiceError, Unavailable


class RequestRejected(ServiceError):
    """The request was refused and changed nothing."""


class UnsupportedAspectRatio(RequestRejected):
    """The model does not support the requested aspect ratio."""

    code = "unsupported_aspect_ratio"
    status = 422

    def __init__(self, model_id: str, supported: list[str]) -> None:
        super().__init__(f"{model_id} doesn't support this aspect ratio. Supported: {', '.join(supported)}.")


class UnsupportedThinkingLevel(RequestRejected):
    """The model does not support deep thinking."""

    code = "unsupported_thinking_level"
    status = 422

    def __init__(self, model_id: str) -> None:
        super().__init__(f"{model_id} doesn't support deep thinking. Omit thinkingLevel or set it to default.")


class UnsupportedOption(RequestRejected):
    """The model does not support an option's value, or not in combination with the others."""

    code = "unsupported_option"
    status = 422
    # The name of the option in the API; None for a combination.
    option: str | None = None

    @classmethod
    def value(cls, model_id: str, name: str, value: str, supported: Sequence[str], models: Sequence[str]) -> Self:
        """Return the error for one option, naming the model's own values and the models that have the value."""
        own = f"Supported: {', '.join(supported)}." if supported else f"Omit {name}."
        others = f" Models with {name} {value}: {', '.join(models)}." if models else f" No model has {name} {value}."
        error = cls(f"{model_id} doesn't support {name} {value}. {own}{others}")
        error.option = name
        return error

    @classmethod
    def mask(cls, model_id: str, models: Sequence[str]) -> Self:
        """Return the error for a mask, naming the models that accept one."""
        others = f" Models that accept one: {', '.join(models)}." if models else ""
        error = cls(f"{model_id} doesn't accept a mask. Describe the change in the prompt.{others}")
        error.option = "mask"
        return error

    @classmethod
    def combination(cls, model_id: str, supported: Sequence[str]) -> Self:
        """Return the error for a combination of options that the model has only separately."""
        return cls(f"{model_id} doesn't support this combination of options. Supported: {'; '.join(supported)}.")


class EditsUnsupported(RequestRejected):
    """The model makes pictures from a prompt only."""

    code = "edits_unsupported"
    status = 422

    def __init__(self, model_id: str, models: Sequence[str]) -> None:
        others = f"Models that can: {', '.join(models)}." if models else "No available model can."
        super().__init__(f"{model_id} can't edit pictures or use references. {others}")


class TooManySources(RequestRejected):
    """The model accepts fewer sources than the request has."""

    code = "too_many_sources"
    status = 422

    def __init__(self, model_id: str, *, limit: int, models: Sequence[str]) -> None:
        others = f" Models that accept them: {', '.join(models)}." if models else ""
        super().__init__(f"{model_id} accepts at most {limit} sources.{others}")


class InvalidMask(RequestRejected):
    """The mask does not fit the first source or marks nothing to change."""

    code = "invalid_mask"
    status = 422


class UploadExpired(RequestRejected):
    """The upload or its ticket has expired or was used."""

    code = "upload_expired"
    status = 410

    def __init__(self, message: str = "This upload has expired. Upload the picture again.") -> None:
        super().__init__(message)

    @classmethod
    def of(cls, upload_id: object) -> Self:
        """Return the error for an upload, by its id."""
        return cls(f"The upload {upload_id} has expired. Upload the picture again.")


class TooManyUploads(RequestRejected):
    """The user has reached the number of uploads, or their total size."""

    code = "too_many_uploads"
    status = 409

    def __init__(self, *, uploads: int, mebibytes: int) -> None:
        super().__init__(
            f"An account can have {uploads} uploads and {mebibytes} MiB of uploaded pictures at a time. Delete some or "
            "wait until they expire."
        )


class ModelUnavailable(RequestRejected):
    """The model is switched off, or its provider is not configured."""

    code = "model_unavailable"
    status = 503
    retryable = True

    def __init__(self, model_id: str) -> None:
        super().__init__(f"{model_id} isn't available right now. List the models to find one that is.")


class ModelNotAllowed(RequestRejected):
    """The API key is restricted to other models."""

    code = "model_not_allowed"
    status = 403

    def __init__(self, model_id: str, allowed: list[str]) -> None:
        super().__init__(f"This API key or app can't use {model_id}. Allowed models: {', '.join(allowed) or 'none'}.")


class TooManyRunning(RequestRejected):
    """The user has reached the limit of unfinished images."""

    code = "too_many_running"
    status = 429
    retryable = True
    retry_after_seconds = 10

    def __init__(self, limit: int) -> None:
        super().__init__(f"This account already has {limit} unfinished images. Try again when one finishes.")


class PriceChanged(RequestRejected):
    """The model's price differs from the price that the user agreed to."""

    code = "price_changed"
    status = 409

    def __init__(self, model_id: str, *, agreed: int, credits: int) -> None:
        self.credits = credits
        super().__init__(
            f"The price of {model_id} has changed from {agreed} to {credits_text(credits)}. Nothing was charged; try "
            "again to accept the new price."
        )


class PriceAboveLimit(RequestRejected):
    """The price is higher than the request's `maxCredits`."""

    code = "price_above_limit"
    status = 402

    def __init__(self, *, credits: int, limit: int) -> None:
        super().__init__(
            f"This image costs {credits_text(credits)}, more than maxCredits ({limit}). Nothing was charged. Raise "
            "maxCredits, or choose cheaper options or another model."
        )


class ConfirmationRequired(RequestRejected):
    """The price is above the limit of the key or connection, and no person has confirmed it."""

    code = "confirmation_required"
    status = 402

    def __init__(self, *, credits: int, limit: int, balance: int, declined: bool = False) -> None:
        self.credits = credits
        self.limit = limit
        self.balance = balance
        repeat = f"repeat this call with confirmCredits set to {credits}"
        advice = f"Ask the user, and only if they agree, {repeat}."
        if declined:
            advice = f"The user declined. Only if they change their mind, {repeat}."
        super().__init__(
            f"This image costs {credits_text(credits)}, and this key or app needs the user's confirmation above "
            f"{limit}. The balance is {balance}. Nothing was charged. {advice}"
        )

    def as_declined(self) -> "ConfirmationRequired":
        """Return the error for a price that the user declined."""
        return ConfirmationRequired(credits=self.credits, limit=self.limit, balance=self.balance, declined=True)


class ConfirmationUsed(RequestRejected):
    """The confirmation of a price was used for an image."""

    code = "confirmation_used"
    status = 409

    def __init__(self, image_id: uuid.UUID) -> None:
        super().__init__(
            f"This confirmation was already used for image {image_id}. Nothing was charged again. Fetch that image by "
            "its id, or repeat the request without requestState."
        )


class IdempotencyConflict(RequestRejected):
    """The idempotency key was already used for a different request."""

    code = "idempotency_conflict"
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "This idempotency key was used for a different request. Repeat that request unchanged or use a new key."
        )


class ImageNotFound(RequestRejected):
    """The caller has no image with this id. An image of another user gives the same error."""

    code = "image_not_found"
    status = 404

    def __init__(
        self, message: str = "This account has no image with this ID. List your images to find the right ID."
    ) -> None:
        super().__init__(message)

    @classmethod
    def source(cls, source_id: object) -> Self:
        """Return the error for one of the pictures that a request names, by its id."""
        return cls(
            f"This account has no image or upload with the ID {source_id}. List your images to find the right ID, or "
            "upload the picture again."
        )

    @classmethod
    def without_picture(cls, image_id: object) -> Self:
        """Return the error for a source that ended without a picture, by its id."""
        return cls(f"The image {image_id} has no picture, because it did not succeed. Use another image.")


class ShareNotFound(RequestRejected):
    """The image has no public page."""

    code = "share_not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__("This image has no public page. Create one with PUT.")


class CollectionNotFound(RequestRejected):
    """The caller has no collection with this id. A collection of another user gives the same error."""

    code = "collection_not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__("This account has no collection with this ID. List your collections to find the right ID.")


class CollectionExists(RequestRejected):
    """The user has another collection with this name."""

    code = "collection_exists"
    status = 409

    def __init__(self) -> None:
        super().__init__("You have another collection with this name. Choose a different name.")


class TooManyCollections(RequestRejected):
    """The user has reached the number of collections."""

    code = "too_many_collections"
    status = 409

    def __init__(self, limit: int) -> None:
        super().__init__(f"An account can have {limit} collections. Delete one that you no longer need.")


class NotCancellable(RequestRejected):
    """The image is already running or final."""

    code = "not_cancellable"
    status = 409

    def __init__(self) -> None:
        super().__init__("Only queued images can be cancelled. This image has already started or finished.")


class NotReady(RequestRejected):
    """The image's status does not allow this action, or it has no picture."""

    code = "not_ready"
    status = 409

    def __init__(self, state: str, reason: str, *, subject: str = "This image") -> None:
        super().__init__(f"{subject} is {state}. {reason}")

    @classmethod
    def source(cls, image_id: object, state: str) -> Self:
        """Return the error for an unfinished image that a request uses as a source, by its id."""
        reason = "Wait until it has finished before you use it as a source."
        return cls(state, reason, subject=f"The image {image_id}")

    @classmethod
    def ticket(cls, upload_id: object) -> Self:
        """Return the error for an upload whose picture has not arrived, by its id."""
        reason = "Send the file to its uploadUrl first."
        return cls("not uploaded yet", reason, subject=f"The picture of upload {upload_id}")


class AlreadyRefunded(RequestRejected):
    """The image's credits were already refunded."""

    code = "already_refunded"
    status = 409

    def __init__(self) -> None:
        super().__init__("This image was already refunded. An image can be refunded only once.")


class StorageFailed(Unavailable):
    """Storage accepts no files, so no image was started."""

    retry_after_seconds = 30

    def __init__(self) -> None:
        super().__init__(
            "Pictures can't be stored right now. No image was started and nothing was charged. Try again in a minute."
        )


class NotRetryable(RequestRejected):
    """The image did not fail, or its prompt was erased."""

    # An older name of retrying. Codes never change.
    code = "nothing_to_repeat"
    status = 409

    def __init__(self) -> None:
        super().__init__("Only failed or rejected images that haven't been deleted can be retried.")
