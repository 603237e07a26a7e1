"""Lists that a caller may read: their images, and the catalogue with their balance."""

from django.db.models import Sum

from accounts.authentication import Caller
from billing import usage
from images import catalogue, links
from images.models import Image, ImageCount, ImageModel
from images.schemas import (
    FlatImageAnswer,
    FlatImageListAnswer,
    ImageAnswer,
    ImageListAnswer,
    ListArguments,
    ModelAnswer,
    ModelListAnswer,
)


def page(caller: Caller, arguments: ListArguments) -> tuple[list[Image], int]:
    """Return a page of the caller's images, newest first, ties broken by id, and how many there are in all."""
    chosen = Image.objects.owned_by(caller.user_id)
    counts = ImageCount.objects.filter(user_id=caller.user_id)
    if arguments.status != "all":
        chosen = chosen.filter(status=arguments.status)
        counts = counts.filter(status=arguments.status)
    images = chosen.newest_first()[arguments.offset : arguments.offset + arguments.limit]
    return list(images), counts.aggregate(total=Sum("images", default=0))["total"]


def images(caller: Caller, arguments: ListArguments) -> ImageListAnswer:
    """Return a page of the caller's images, each as it was asked for."""
    chosen, total = page(caller, arguments)
    return ImageListAnswer(
        images=[ImageAnswer.of(image) for image in chosen],
        total=total,
        limit=arguments.limit,
        offset=arguments.offset,
    )


def flat_images(caller: Caller, arguments: ListArguments) -> FlatImageListAnswer:
    """Return a page of the caller's images with all there is to say of each, the link to its picture too."""
    chosen, total = page(caller, arguments)
    balance = usage.balance(caller)
    return FlatImageListAnswer(
        images=[FlatImageAnswer.flat(image, balance=balance, image_url=links.image_url(image)) for image in chosen],
        total=total,
        limit=arguments.limit,
        offset=arguments.offset,
    )


def models(caller: Caller) -> ModelListAnswer:
    """Return every model of the catalogue with its price, and the caller's balance."""
    return ModelListAnswer(
        models=[_model(model) for model in ImageModel.objects.all()], credit_balance=usage.balance(caller)
    )


def _model(model: ImageModel) -> ModelAnswer:
    return ModelAnswer(
        model_id=model.model_id,
        provider_id=model.provider_id,
        name=model.name,
        credits=model.credits,
        deep_credits=model.deep_credits,
        aspect_ratios=model.aspect_ratios,
        thinking_levels=list(catalogue.THINKING_LEVELS) if model.has_thinking else [],
        available=catalogue.is_available(model),
        speed=model.speed,
    )
