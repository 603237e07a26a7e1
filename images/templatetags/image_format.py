"""How templates speak of pictures: the class that holds a shape, short names of models, sizes of files."""

from typing import Final

from django import template

from images.exceptions import ModerationRejected

register = template.Library()

ALTERNATIVE_MAX_CHARACTERS: Final = 120
PROVIDERS: Final = {"openai": "OpenAI", "google": "Google"}
MEDIA_TYPES: Final = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WebP"}


@register.filter
def ratio_class(aspect_ratio: str) -> str:
    """Return the class that reserves a picture's shape before it is there: 3:2 is `ar-3-2`."""
    return "ar-" + aspect_ratio.replace(":", "-")


@register.filter
def model_name(model_id: str) -> str:
    """Return a model's id without its provider: openai:gpt-image-2 is gpt-image-2."""
    return model_id.rpartition(":")[2]


@register.filter
def short_model(model_id: str) -> str:
    """Return a model's name as the plate under a picture has room for: gemini-3-pro-image-preview is gemini-3-pro."""
    return model_name(model_id).removesuffix("-image-preview").removesuffix("-image")


@register.filter
def provider_name(provider_id: str) -> str:
    """Return what people call a provider."""
    return PROVIDERS.get(provider_id, provider_id)


@register.filter
def provider_words(message: str) -> str:
    """Return what a provider said of a prompt that it declined, without what we say to it."""
    return message.removesuffix(ModerationRejected.advice)


@register.filter
def media_name(media_type: str) -> str:
    """Return what people call a kind of picture file."""
    return MEDIA_TYPES.get(media_type, media_type)


@register.filter
def alternative(prompt: str) -> str:
    """Return what a picture's alt says: the beginning of its prompt."""
    text = " ".join(prompt.split())
    return text if len(text) <= ALTERNATIVE_MAX_CHARACTERS else text[: ALTERNATIVE_MAX_CHARACTERS - 1].rstrip() + "…"
