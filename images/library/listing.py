"""Lists for API responses: a caller's images, and the catalogue with the caller's balance."""

import uuid
from datetime import datetime

from django.db.models import Sum

from accounts.authentication import Caller
from billing import usage
from images.catalogue import availability
from images.catalogue.options import OUTPUT_FORMATS
from images.library import collections
from images.models import CatalogueModel, Image, ImageCount
from images.schemas import (
    FlatImageListResult,
    FlatImageResult,
    ImageListResult,
    ImageResult,
    ListArguments,
    ModelListResult,
    ModelResult,
    PriceResult,
)
from images.storage import links


def page(caller: Caller, arguments: ListArguments) -> tuple[list[Image], int]:
    """Return a page of the caller's images, newest first, ties broken by id, and the total number of matches.

    Raises:
        CollectionNotFound: The caller has no such collection.
    """
    collection = collections.find(caller, arguments.collection).pk if arguments.collection else None
    matching = Image.objects.owned_by(caller.user_id).in_library(
        favourite=arguments.favourite, collection_id=collection
    )
    # The total comes from the stored counts: counting the rows would take longer the more images a user has.
    counts = ImageCount.objects.filter(user_id=caller.user_id)
    if arguments.status != "all":
        matching = matching.filter(status=arguments.status)
        counts = counts.filter(status=arguments.status)
    images = matching.newest_first().prefetch_related("sources")[arguments.offset : arguments.offset + arguments.limit]
    if arguments.favourite is not None or collection is not None:
        return list(images), matching.count()
    return list(images), counts.aggregate(total=Sum("images", default=0))["total"]


def counts_by_status(user_id: uuid.UUID) -> dict[str, int]:
    """Return the number of the user's images by status; a status without images is missing."""
    return dict(ImageCount.objects.filter(user_id=user_id).values_list("status", "images"))


def list_images(caller: Caller, arguments: ListArguments) -> ImageListResult:
    """Return a page of the caller's images."""
    images, total = page(caller, arguments)
    return ImageListResult(
        images=[ImageResult.of(image) for image in images],
        total=total,
        limit=arguments.limit,
        offset=arguments.offset,
    )


def list_flat_images(caller: Caller, arguments: ListArguments) -> FlatImageListResult:
    """Return a page of the caller's images, each with its error, the link to its picture and the balance."""
    images, total = page(caller, arguments)
    balance = usage.balance(caller)
    return FlatImageListResult(
        images=[FlatImageResult.flat(image, balance=balance, image_url=links.image_url(image)) for image in images],
        total=total,
        limit=arguments.limit,
        offset=arguments.offset,
    )


def list_models(caller: Caller) -> ModelListResult:
    """Return every model of the catalogue with its prices, and the caller's balance."""
    return ModelListResult(
        models=[_model_result(model, model.credits) for model in CatalogueModel.objects.with_prices() if model.credits],
        credit_balance=usage.balance(caller),
    )


def _model_result(model: CatalogueModel, credits: int) -> ModelResult:
    return ModelResult(
        model_id=model.model_id,
        provider_id=model.provider_id,
        name=model.name,
        credits=credits,
        deep_credits=model.deep_credits,
        aspect_ratios=model.aspect_ratios,
        thinking_levels=model.thinking_levels,
        resolutions=model.resolutions,
        qualities=model.qualities,
        backgrounds=model.backgrounds,
        output_formats=list(OUTPUT_FORMATS),
        max_sources=model.max_sources,
        takes_mask=model.takes_mask,
        prices=[PriceResult.model_validate(price, from_attributes=True) for price in model.sorted_prices],
        available=availability.is_available(model),
        speed=model.speed,
    )


def succeeded_after(caller: Caller, position: tuple[datetime, uuid.UUID] | None, *, limit: int) -> list[Image]:
    """Return the caller's images that have a picture, newest first.

    Args:
        caller: The authenticated user.
        position: The time of request and the id of the last image of the page before; None for the first page.
        limit: The number of images.
    """
    images = Image.objects.owned_by(caller.user_id).filter(status=Image.Status.SUCCEEDED).newest_first()
    if position is not None:
        created_at, image_id = position
        # The first condition is redundant, but an index can find its rows.
        images = images.filter(created_at__lte=created_at).exclude(created_at=created_at, id__gte=image_id)
    return list(images[:limit])
