"""Staff actions on an image: refund, retry and end."""

import uuid
from typing import Any

from django.db import IntegrityError, transaction

from accounts.authentication import Caller
from billing import ledger
from billing.ledger import LedgerReceipt
from billing.models import LedgerEntry
from images import generation, sources
from images.exceptions import AlreadyRefunded, NotReady, NotRetryable
from images.failures import EndedByStaff
from images.generation import GenerationReceipt
from images.models import Image
from images.schemas import EditArguments, GenerationArguments
from images.worker import attempts


def is_refundable(image: Image) -> bool:
    """Return whether an image can be refunded: it is final, and its credits were not refunded before."""
    refunds = LedgerEntry.objects.filter(reference_id=image.pk, type=LedgerEntry.Type.REFUND)
    return image.is_final and not refunds.exists()


def refund_image(image_id: uuid.UUID) -> LedgerReceipt:
    """Refund a final image that has a picture.

    Raises:
        NotReady: The image is not final; it can be ended instead.
        AlreadyRefunded: The image was refunded before, as every image without a picture is.
    """
    image = Image.objects.get(pk=image_id)
    if not image.is_final:
        raise NotReady(image.status, "Only finished images can be refunded. End this image instead.")
    try:
        # A savepoint keeps the transaction usable if the unique constraint on refunds fails.
        with transaction.atomic():
            return ledger.refund(image_id, reason=ledger.STAFF_REASON)
    except IntegrityError as error:
        raise AlreadyRefunded from error


def is_retryable(image: Image) -> bool:
    """Return whether an image can be requested again: it failed, and its prompt and its owner still exist."""
    is_failed = image.status in (Image.Status.FAILED, Image.Status.REJECTED)
    return is_failed and bool(image.prompt) and image.user_id is not None


def retry_image(image_id: uuid.UUID) -> GenerationReceipt:
    """Request a new image with the arguments of a failed one, at the current price, charged to its owner.

    Raises:
        NotRetryable: The image did not fail, or its prompt or its owner's account was deleted.
        ServiceError: Any error of `generation.request`, such as InsufficientCredits.
    """
    image = Image.objects.select_related("user").get(pk=image_id)
    if image.user is None or not is_retryable(image):
        raise NotRetryable
    fields: dict[str, Any] = {
        "prompt": image.prompt,
        "modelId": image.model_id,
        "aspectRatio": image.aspect_ratio,
        "style": image.style,
        "thinkingLevel": image.thinking_level,
        "resolution": image.resolution,
        "quality": image.quality,
        "background": image.background,
        "outputFormat": image.output_format,
    }
    source_ids, mask_id = sources.requested(image)
    if source_ids:
        fields |= {"sources": source_ids, "mask": mask_id}
    schema = EditArguments if source_ids else GenerationArguments
    caller = Caller.in_dashboard(image.user)
    return generation.request(caller, schema.model_validate(fields), end_user_hash=image.end_user_hash)


def end_image(image_id: uuid.UUID) -> None:
    """End an unfinished image as failed, even if a worker holds its lease, and refund it.

    Raises:
        NotReady: The image is already final.
    """
    if not attempts.end(image_id, EndedByStaff()):
        raise NotReady("already finished", "Only unfinished images can be ended.")
