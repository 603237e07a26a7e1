"""Template filters for images: CSS classes of aspect ratios, and names of models, providers and file types."""

from typing import Final

from django import template

from images import catalogue
from images.exceptions import FAILURE_SUMMARIES

register = template.Library()

ALT_TEXT_MAX_CHARACTERS: Final = 120
# How the advice in ModerationRejected begins, in this release and in earlier ones.
ADVICE_START: Final = ". Rephrase the prompt and "
PROVIDERS: Final = {"openai": "OpenAI", "google": "Google"}
MEDIA_TYPES: Final = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WebP"}


@register.filter
def ratio_class(aspect_ratio: str) -> str:
    """Return the CSS class that reserves the space of a picture before it loads: `ar-3-2` for 3:2."""
    return "ar-" + aspect_ratio.replace(":", "-")


register.filter("short_model", catalogue.short_name)


@register.filter
def without_provider(model_id: str) -> str:
    """Return a model's id without its provider, for a place that shows the provider beside it."""
    return model_id.rpartition(":")[2]


@register.filter
def provider_name(provider_id: str) -> str:
    """Return the display name of a provider."""
    return PROVIDERS.get(provider_id, provider_id)


@register.filter
def provider_reason(message: str) -> str:
    """Return a provider's reason for rejecting a prompt, without the advice that the error message adds."""
    return message.partition(ADVICE_START)[0]


@register.filter
def failure_reason(error_code: str, status: str) -> str:
    """Return in a few words why an image has no picture. A cancelled image has no error code."""
    return FAILURE_SUMMARIES.get(error_code or status, "")


@register.filter
def media_name(media_type: str) -> str:
    """Return the display name of a media type."""
    return MEDIA_TYPES.get(media_type, media_type)


@register.filter
def alt_text(prompt: str) -> str:
    """Return a picture's alt text: the start of its prompt on one line."""
    text = " ".join(prompt.split())
    return text if len(text) <= ALT_TEXT_MAX_CHARACTERS else text[: ALT_TEXT_MAX_CHARACTERS - 1].rstrip() + "…"
