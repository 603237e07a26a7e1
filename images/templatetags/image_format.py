"""Template filters for images: CSS classes of aspect ratios, and names of models, providers and file types."""

from collections.abc import Sequence
from typing import Any, Final

from django import template

from images.catalogue import availability
from images.catalogue.options import DEFAULT_RESOLUTION
from images.failures import FAILURE_SUMMARIES
from images.models import CatalogueModel

register = template.Library()

ALT_TEXT_MAX_CHARACTERS: Final = 120
# How the advice in ModerationRejected begins, in this release and in earlier ones.
ADVICE_START: Final = ". Rephrase the prompt and "
PROVIDERS: Final = {"openai": "OpenAI", "google": "Google", "compatible": "OpenAI-compatible server"}
MEDIA_TYPES: Final = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WebP"}
# The options of most pictures, which short descriptions leave out.
USUAL_QUALITY: Final = "medium"


@register.filter
def ratio_class(aspect_ratio: str) -> str:
    """Return the CSS class that reserves the space of a picture before it loads: `ar-3-2` for 3:2."""
    return "ar-" + aspect_ratio.replace(":", "-")


register.filter("short_model", availability.short_name)


@register.filter
def option_words(request: Any) -> list[str]:
    """Return the unusual options of an image, or of a form for one, in a few words: high quality, 4K, deep, WebP."""
    return [
        *([f"{request.quality} quality"] if request.quality not in (None, "", USUAL_QUALITY) else []),
        *([request.resolution] if request.resolution not in (None, "", DEFAULT_RESOLUTION) else []),
        *(["deep"] if request.thinking_level == "deep" else []),
        *(["transparent"] if request.background == "transparent" else []),
        *([media_name(f"image/{request.output_format}")] if request.output_format else []),
    ]


@register.filter
def options_of(model: CatalogueModel) -> str:
    """Return the choices of a model besides the aspect ratio: quality low or high; resolution 1K or 2K."""
    choices = (("quality", model.qualities), ("resolution", model.resolutions), ("thinking", model.thinking_levels))
    phrases = [f"{name} {_alternatives(values)}" for name, values in choices if len(values) > 1]
    if "transparent" in model.backgrounds:
        phrases.append("transparent background")
    return "; ".join(phrases)


@register.filter
def edits_of(model: CatalogueModel) -> str:
    """Return which edits a model can make: edits of up to 14 images, with a mask."""
    if not model.max_sources:
        return "no edits"
    images = f"up to {model.max_sources} images" if model.max_sources > 1 else "one image"
    return f"edits of {images}" + (", with a mask" if model.takes_mask else "")


@register.filter
def price_range(model: CatalogueModel) -> str:
    """Return the lowest and the highest price of a model in credits, 1 to 40; empty if every image costs the same."""
    prices = {price.credits for price in model.prices.all()}
    return f"{min(prices)} to {max(prices)}" if len(prices) > 1 else ""


def _alternatives(values: Sequence[str]) -> str:
    return f"{', '.join(values[:-1])} or {values[-1]}"


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
