"""What staff may do about an image: give its credits back, have it made again, end it."""

import uuid

from django.db import IntegrityError, transaction

from accounts.authentication import Caller
from billing import ledger
from billing.ledger import LedgerReceipt
from images import generation
from images.exceptions import AlreadyRefunded, EndedByStaff, NotReady, NotRetryable
from images.generation import GenerationReceipt
from images.models import Image
from images.schemas import GenerationArguments
from images.worker import attempts


def refund_image(image_id: uuid.UUID) -> LedgerReceipt:
    """Give back what a finished image cost, though it succeeded: once.

    Raises:
        NotReady: It is not finished; end it instead.
        AlreadyRefunded: Its credits went back before, as those of every image without a picture do.
    """
    image = Image.objects.get(pk=image_id)
    if not image.is_final:
        raise NotReady(image.status, "Only a finished image can be refunded; end it instead.")
    try:
        with transaction.atomic():
            return ledger.refund(image_id, reason=ledger.STAFF_REASON)
    except IntegrityError as error:
        raise AlreadyRefunded from error


def retry_image(image_id: uuid.UUID) -> GenerationReceipt:
    """Have a picture made again that came to nothing: a new image, at the present price, for its owner's credits.

    Raises:
        NothingToRepeat: It did not fail, or its words are gone.
        ServiceError: Whatever its owner would be told, were they to ask: InsufficientCredits and the like.
    """
    image = Image.objects.select_related("user").get(pk=image_id)
    if image.status not in (Image.Status.FAILED, Image.Status.REJECTED) or not image.prompt or image.user is None:
        raise NotRetryable
    arguments = GenerationArguments.model_validate(
        {
            "prompt": image.prompt,
            "modelId": image.model_id,
            "aspectRatio": image.aspect_ratio,
            "style": image.style,
            "thinkingLevel": "deep" if image.thinking_level == "deep" else None,
        }
    )
    return generation.request(Caller.in_dashboard(image.user), arguments)


def end_image(image_id: uuid.UUID) -> None:
    """End an unfinished image as failed, whoever is at work on it, and give its credits back.

    Raises:
        NotReady: It is final already.
    """
    if not attempts.end(image_id, EndedByStaff()):
        raise NotReady("final", "There is nothing left to end.")
