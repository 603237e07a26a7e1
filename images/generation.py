"""Request, find, cancel and delete images; every entry point calls these functions."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypedDict

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from accounts.authentication import Caller
from billing import ledger, usage
from images import completion, consent, failures, sources
from images.catalogue import availability, prices
from images.consent import Confirmation
from images.exceptions import (
    ConfirmationRequired,
    IdempotencyConflict,
    ImageNotFound,
    InvalidMask,
    ModelNotAllowed,
    ModelUnavailable,
    NotCancellable,
    NotReady,
    PriceAboveLimit,
    PriceChanged,
    StorageFailed,
    TooManyRunning,
)
from images.failures import Cancelled, GenerationFailed
from images.models import CatalogueModel, Image
from images.schemas import EditArguments, GenerationArguments
from images.storage import files, probe
from images.worker import job_queue
from infrastructure.exceptions import FieldError, InvalidArguments
from infrastructure.observability import metrics, tracing

# The largest number of images in one request.
IMAGES_MAX: Final = 4


class KeyLimits(TypedDict):
    """The API key of a charge and its monthly cap in credits."""

    api_key_id: uuid.UUID | None
    monthly_cap: int | None


@dataclass(frozen=True, slots=True)
class GenerationReceipt:
    """A requested image, the balance after the charge in credits, and whether the request was a replay."""

    image: Image
    balance: int
    replayed: bool


def request(
    caller: Caller,
    arguments: GenerationArguments,
    *,
    agreed_credits: int | None = None,
    confirmation: Confirmation | None = None,
    end_user_hash: str = "",
) -> GenerationReceipt:
    """Charge for an image and enqueue its generation.

    The checks run in a fixed order: account, arguments, replay, storage, sources, model, options, mask, the key's
    models, running limit, price, cap, balance, confirmation. Ledger entry, image and job are written in one
    transaction.

    Args:
        caller: The authenticated user, with the API key if one was used.
        arguments: The validated arguments of the picture, and an optional idempotency key.
        agreed_credits: The price that the user was shown, in credits; None accepts the current price.
        confirmation: What a person has confirmed, over MCP; None elsewhere, where no price needs a confirmation.
        end_user_hash: Identifies the person for whom the caller requests the image, as `safety_identifier` returns it.

    Raises:
        ServiceError: AccountSuspended, InvalidArguments, IdempotencyConflict, ModelUnavailable,
            UnsupportedAspectRatio, UnsupportedThinkingLevel, UnsupportedOption, ModelNotAllowed, TooManyRunning,
            PriceChanged, PriceAboveLimit, KeyCapExceeded, InsufficientCredits, ConfirmationRequired, ConfirmationUsed
            or StorageFailed; for an edit also ImageNotFound, NotReady, UploadExpired, EditsUnsupported, TooManySources
            or InvalidMask. Nothing is charged.
    """
    (receipt,) = request_all(
        caller,
        arguments,
        1,
        agreed_credits=agreed_credits,
        confirmation=confirmation,
        end_user_hash=end_user_hash,
    )
    return receipt


def request_all(
    caller: Caller,
    arguments: GenerationArguments,
    count: int,
    *,
    agreed_credits: int | None = None,
    confirmation: Confirmation | None = None,
    end_user_hash: str = "",
    model: CatalogueModel | None = None,
) -> list[GenerationReceipt]:
    """Request several images with the same arguments: all of them are charged and enqueued, or none.

    A confirmation with an image's id is for a single image. The model is that of the arguments, if it was just read.

    Raises:
        ServiceError: As `request`; the errors of cap, balance and running limit are about all of them together, those
            of the price about each.
    """
    caller.require_active()
    model = model or _get_model(arguments.model_id)
    source_ids, mask_id = _source_ids(arguments)
    # Before the transaction: no lock is held while storage responds.
    can_store = probe.is_writable()
    mask_error = sources.mask_error(caller, source_ids, mask_id)
    with transaction.atomic():
        if _reads_before_charge(arguments, count, confirmation):
            account = ledger.lock(caller.user_id)
            replayed = _find_replayed_images(caller, model, arguments, count)
            if replayed:
                return [GenerationReceipt(image, account.balance, replayed=True) for image in replayed]
            if confirmation:
                confirmation.require_unused()
        if not can_store:
            raise StorageFailed
        found = sources.find(caller, source_ids, mask_id)
        credits = _check_model_and_limits(caller, model, arguments, count, mask_error)
        _check_price(model.model_id, credits, agreed_credits=agreed_credits, max_credits=arguments.max_credits)
        exceeded_limit = consent.exceeded_limit(caller, confirmation, credits=credits)
        # A price that cannot be paid is refused before a confirmation of it is requested.
        if count > 1 or exceeded_limit is not None:
            ledger.check_affordable(caller.user_id, credits=count * credits, **_limits(caller))
        if exceeded_limit is not None:
            raise ConfirmationRequired(credits=credits, limit=exceeded_limit, balance=usage.balance(caller))
        # A caller that crashes after the commit loses nothing: the job is in the same transaction as the charge.
        receipts = []
        for key in _image_keys(arguments.idempotency_key, count):
            image, balance = _charge_and_create(
                caller,
                model,
                arguments,
                credits,
                image_id=confirmation.image_id if confirmation else None,
                idempotency_key=key,
                end_user_hash=end_user_hash,
            )
            sources.record(image, found)
            job_queue.enqueue_new_image(image.id)
            receipts.append(GenerationReceipt(image, balance, replayed=False))
    return receipts


def check(caller: Caller, arguments: GenerationArguments, count: int) -> None:
    """Check a request whose sources are not stored yet; their ids in the arguments may be any.

    It is what `request_all` checks before the charge, except for the sources and the mask. Nothing is locked, so that
    another request can still change the outcome.

    Raises:
        ServiceError: As `request`.
    """
    caller.require_active()
    model = _get_model(arguments.model_id)
    if not probe.is_writable():
        raise StorageFailed
    credits = _check_model_and_limits(caller, model, arguments, count, None)
    _check_price(model.model_id, credits, agreed_credits=None, max_credits=arguments.max_credits)
    ledger.check_affordable(caller.user_id, credits=count * credits, **_limits(caller))


def is_key_used(caller: Caller, idempotency_key: str) -> bool:
    """Return whether the caller has requested images with this idempotency key."""
    return Image.objects.filter(user_id=caller.user_id, idempotency_key=idempotency_key).exists()


def find_replayed(
    caller: Caller, arguments: GenerationArguments, count: int, sha256_by_id: Mapping[str, str]
) -> list[GenerationReceipt]:
    """Return the images of an earlier request with the same idempotency key; none if the key is new.

    Args:
        caller: The authenticated user.
        arguments: The request. The ids of its sources may be any.
        count: The number of images.
        sha256_by_id: The SHA-256 of the sources and the mask, as uploads would have it.

    Raises:
        IdempotencyConflict: The earlier request was another one.
    """
    caller.require_active()
    model = _get_model(arguments.model_id)
    images = _find_replayed_images(caller, model, arguments, count, sha256_by_id)
    balance = usage.balance(caller) if images else 0
    return [GenerationReceipt(image, balance, replayed=True) for image in images]


def _reads_before_charge(arguments: GenerationArguments, count: int, confirmation: Confirmation | None) -> bool:
    """Return whether rows are read that no other request of the user may change before the charge.

    If not, the charge itself is the first statement to lock the account.
    """
    is_single_use = confirmation is not None and confirmation.image_id is not None
    names_rows = bool(arguments.idempotency_key or _source_ids(arguments)[0] or is_single_use)
    return names_rows or count > 1 or bool(settings.MAX_RUNNING_PER_USER)


def _get_model(model_id: str) -> CatalogueModel:
    model = CatalogueModel.objects.find_with_prices(model_id)
    if model is None:
        known = ", ".join(CatalogueModel.objects.values_list("model_id", flat=True))
        raise InvalidArguments([FieldError("modelId", f"Unknown model. Use one of: {known}.")])
    return model


def _find_replayed_images(
    caller: Caller,
    model: CatalogueModel,
    arguments: GenerationArguments,
    count: int,
    sha256_by_id: Mapping[str, str] | None = None,
) -> list[Image]:
    if arguments.idempotency_key is None:
        return []
    keys = _image_keys(arguments.idempotency_key, IMAGES_MAX)
    found = Image.objects.filter(user_id=caller.user_id, idempotency_key__in=keys).in_bulk(field_name="pk")
    images = sorted(found.values(), key=lambda image: keys.index(image.idempotency_key))
    if not images:
        return []
    source_ids, mask_id = _source_ids(arguments)
    if sha256_by_id is None:
        sha256_by_id = sources.hashes(caller, [*source_ids, *([mask_id] if mask_id else [])])
    is_same = all(
        _is_same_request(model, arguments, image) and sources.are_same(image, source_ids, mask_id, sha256_by_id)
        for image in images
    )
    if not (is_same and len(images) == count):
        raise IdempotencyConflict
    return images


def _image_keys(key: str | None, count: int) -> list[str | None]:
    """Return the idempotency key of each image of a request. A caller's own key contains no space."""
    return [key, *(key and f"{key} {number}" for number in range(2, count + 1))]


def _is_same_request(model: CatalogueModel, arguments: GenerationArguments, image: Image) -> bool:
    # A price limit is not part of the picture.
    return (
        arguments.prompt == image.prompt
        and arguments.model_id == image.model_id
        and arguments.aspect_ratio == image.aspect_ratio
        and arguments.style == image.style
        and prices.is_same_choice(model, arguments, image)
    )


def _source_ids(arguments: GenerationArguments) -> tuple[Sequence[str], str | None]:
    if isinstance(arguments, EditArguments):
        return arguments.sources, arguments.mask
    return (), None


def _check_model_and_limits(
    caller: Caller,
    model: CatalogueModel,
    arguments: GenerationArguments,
    count: int,
    mask_error: InvalidMask | StorageFailed | None,
) -> int:
    """Return the price of one image in credits."""
    if not availability.is_available(model):
        raise ModelUnavailable(model.model_id)
    source_ids, mask_id = _source_ids(arguments)
    credits = prices.price(model, arguments, sources=len(source_ids), has_mask=mask_id is not None)
    if mask_error:
        raise mask_error
    if caller.key and caller.key.allowed_models is not None and model.model_id not in caller.key.allowed_models:
        models = CatalogueModel.objects.filter(model_id__in=caller.key.allowed_models)
        raise ModelNotAllowed(model.model_id, list(models.values_list("model_id", flat=True)))
    limit = settings.MAX_RUNNING_PER_USER
    # A request that charges has locked the account, so no other one of this user runs between count and charge.
    if limit and Image.objects.filter(user_id=caller.user_id).unfinished().count() + count > limit:
        raise TooManyRunning(limit)
    return credits


def _check_price(model_id: str, credits: int, *, agreed_credits: int | None, max_credits: int | None) -> None:
    if agreed_credits not in (None, credits):
        raise PriceChanged(model_id, agreed=agreed_credits, credits=credits)
    if max_credits is not None and credits > max_credits:
        raise PriceAboveLimit(credits=credits, limit=max_credits)


def _charge_and_create(
    caller: Caller,
    model: CatalogueModel,
    arguments: GenerationArguments,
    credits: int,
    *,
    image_id: uuid.UUID | None,
    idempotency_key: str | None,
    end_user_hash: str,
) -> tuple[Image, int]:
    options = prices.options(model, arguments)
    choices = prices.priced_choices(model, options)
    image = Image(
        id=image_id or uuid.uuid4(),
        user_id=caller.user_id,
        api_key_id=caller.key.id if caller.key else None,
        api_key_name=caller.key.name if caller.key else "",
        client=caller.client,
        prompt=arguments.prompt,
        style=arguments.style,
        model_id=model.model_id,
        provider_id=model.provider_id,
        aspect_ratio=arguments.aspect_ratio,
        **options._asdict(),
        credit_cost=credits,
        idempotency_key=idempotency_key,
        end_user_hash=end_user_hash,
        traceparent=tracing.current_parent(),
    )
    receipt = ledger.charge(
        caller.user_id,
        credits=image.credit_cost,
        reference_id=image.id,
        description=f"Image with {model.model_id}" + (f" ({', '.join(choices)})" if choices else ""),
        **_limits(caller),
    )
    # One timestamp for both rows, so that daily figures from images and from the ledger agree.
    image.created_at = receipt.created_at
    image.save(force_insert=True)
    return image, receipt.balance_after


def _limits(caller: Caller) -> KeyLimits:
    if caller.key is None:
        return {"api_key_id": None, "monthly_cap": None}
    return {"api_key_id": caller.key.id, "monthly_cap": caller.key.monthly_credit_cap}


def find(caller: Caller, image_id: str | uuid.UUID) -> Image:
    """Return one of the caller's images, with its sources and its `owner_balance`.

    Raises:
        ImageNotFound: The caller has no image with this id, or deleted it.
    """
    image = Image.objects.find_owned(caller.user_id, image_id)
    if image is None:
        raise ImageNotFound
    return image


def failure_of(image: Image) -> GenerationFailed | None:
    """Return why a final image has no picture; None if it is unfinished or succeeded."""
    if image.status == Image.Status.CANCELLED:
        return Cancelled()
    return failures.from_row(image.error_code, image.error_message) if image.error_code else None


def cancel(caller: Caller, image_id: str | uuid.UUID) -> Image:
    """Cancel a queued image and refund it.

    Raises:
        ImageNotFound: The caller has no such image.
        NotCancellable: The image is running or final.
    """
    image = find(caller, image_id)
    queued = Image.objects.filter(pk=image.pk, status=Image.Status.QUEUED)
    if not completion.finish(queued, image.pk, Image.Status.CANCELLED, refund_reason=Cancelled.code, swept_at=Now()):
        raise NotCancellable
    metrics.images_ended.labels(image.provider_id, Cancelled.code).inc()
    image.refresh_from_db()
    return image


def delete(caller: Caller, image_id: str | uuid.UUID) -> None:
    """Erase a final image and remove its files; its ledger entries remain.

    Raises:
        ImageNotFound: The caller has no such image.
        NotReady: The image is not final.
    """
    image = find(caller, image_id)
    if not image.is_final:
        raise NotReady(image.status, "Only finished images can be deleted. Wait until it finishes.")
    Image.objects.filter(pk=image.pk).erase_content()
    # If the process stops here, the reconciler removes the files of every final image whose swept_at is null.
    files.remove(image.id)
    Image.objects.filter(pk=image.pk).update(swept_at=Now())
