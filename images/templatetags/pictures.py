"""How templates speak of pictures: the class that holds a shape, and the short name of a model."""

from typing import Final

from django import template

register = template.Library()

ALTERNATIVE_MAX_CHARACTERS: Final = 120


@register.filter
def ratio_class(aspect_ratio: str) -> str:
    """Return the class that reserves a picture's shape before it is there: 3:2 is `ar-3-2`."""
    return "ar-" + aspect_ratio.replace(":", "-")


@register.filter
def short_model(model_id: str) -> str:
    """Return a model's name as the plate under a picture has room for: openai:gpt-image-2 is gpt-image-2."""
    return model_id.rpartition(":")[2].removesuffix("-image-preview").removesuffix("-image")


@register.filter
def alternative(prompt: str) -> str:
    """Return what a picture's alt says: the beginning of its prompt."""
    text = " ".join(prompt.split())
    return text if len(text) <= ALTERNATIVE_MAX_CHARACTERS else text[: ALTERNATIVE_MAX_CHARACTERS - 1].rstrip() + "…"
