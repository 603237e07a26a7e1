"""Rules for the rows of catalogue models that staff enter: fields of OpenAI-compatible servers, and prices."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, get_args
from urllib.parse import urlsplit

from images.catalogue.options import BACKGROUNDS, DEFAULT_BACKGROUND, DEFAULT_RESOLUTION, DEFAULT_THINKING_LEVEL
from images.models import CatalogueModel, Image, ModelPrice
from images.providers import SERVER_PARAMETERS
from images.providers.registry import SERVER_KEY_VARIABLE
from images.schemas import SOURCES_MAX, AspectRatio
from infrastructure.exceptions import FieldError

PROVIDER_ID: Final = "compatible"
MODEL_ID: Final = re.compile(r"compatible:[a-z0-9][a-z0-9._-]*")
PARAMETER: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")
ALWAYS_SENT: Final = frozenset({"model", "prompt"})
ASPECT_RATIOS: Final[tuple[str, ...]] = get_args(AspectRatio)
# The parameter that carries each option to the server. Without it a user would pay for an option that has no effect.
OPTION_PARAMETERS: Final = {"quality": "quality", "resolution": "size"}

# Without one of them, the server does not receive the aspect ratio.
RATIO_PARAMETERS: Final = frozenset({"size", "aspect_ratio"})


def is_deletable(model: CatalogueModel) -> bool:
    """Return whether staff may delete a model: it is on a server that they entered, and no image refers to it."""
    return model.api == CatalogueModel.Api.COMPATIBLE and not Image.objects.filter(model_id=model.model_id).exists()


def model_errors(model: CatalogueModel) -> Iterator[FieldError]:
    """Yield an error for each invalid field of a model; its prices are checked by `price_errors`."""
    yield from _choice_errors("aspect_ratios", model.aspect_ratios or [], ASPECT_RATIOS)
    yield from _choice_errors("backgrounds", model.backgrounds or [], BACKGROUNDS)
    if model.backgrounds and DEFAULT_BACKGROUND not in model.backgrounds:
        yield FieldError("backgrounds", f"Add {DEFAULT_BACKGROUND}: requests without a background use it.")
    yield from _edit_errors(model)
    if not isinstance(model.options, dict):
        yield FieldError("options", 'Enter a JSON object, such as {"quality": "high"}, or {} for none.')
    if model.api == CatalogueModel.Api.COMPATIBLE:
        yield from _server_errors(model)


def price_errors(model: CatalogueModel, prices: Sequence[ModelPrice]) -> Iterator[str]:
    """Yield an error for each rule that the prices of a model break together."""
    qualities = {price.quality for price in prices if price.quality}
    combinations = [price.combination for price in prices]
    for name in ("quality", "resolution", "thinking_level"):
        values = [getattr(price, name) for price in prices]
        if any(values) and not all(values):
            yield f"Choose a {name.replace('_', ' ')} in every price, or leave it empty in all of them."
    if len(set(combinations)) < len(combinations):
        yield "Two prices have the same combination. Remove one of them."
    if qualities and not model.default_quality:
        yield f"Enter the default quality of the model: {' or '.join(sorted(qualities))}."
    if model.default_quality and model.default_quality not in qualities:
        yield f"No price has the default quality {model.default_quality}. Add one, or change the default quality."
    elif _default_combination(model, prices) not in combinations:
        missing = ", ".join(value for value in _default_combination(model, prices) if value)
        yield f"Add the price of an image without options{f': {missing}' if missing else ''}."
    if model.api == CatalogueModel.Api.COMPATIBLE:
        yield from _server_price_errors(model, prices)


def _edit_errors(model: CatalogueModel) -> Iterator[FieldError]:
    if model.max_sources > SOURCES_MAX:
        yield FieldError("max_sources", f"Enter 0 for a model without edits, or 1 to {SOURCES_MAX}.")
    if model.takes_mask and not model.max_sources:
        yield FieldError("takes_mask", "Only edits can use a mask. Also enter how many pictures an edit may use.")
    if model.takes_mask and model.api == CatalogueModel.Api.GOOGLE:
        yield FieldError("takes_mask", "Google's API has no masks. Remove this.")


def _default_combination(
    model: CatalogueModel, prices: Sequence[ModelPrice]
) -> tuple[str | None, str | None, str | None]:
    return (
        model.default_quality or None,
        DEFAULT_RESOLUTION if any(price.resolution for price in prices) else None,
        DEFAULT_THINKING_LEVEL if any(price.thinking_level for price in prices) else None,
    )


def _choice_errors(field: str, values: Sequence[str], known: Sequence[str]) -> Iterator[FieldError]:
    unknown = [value for value in values if value not in known]
    if unknown:
        yield FieldError(field, f"Unknown: {', '.join(unknown)}. Use some of {', '.join(known)}.")
    if len(set(values)) < len(values):
        yield FieldError(field, "A value is listed twice. Remove one of them.")


def _server_errors(model: CatalogueModel) -> Iterator[FieldError]:
    if not MODEL_ID.fullmatch(model.model_id):
        message = "Start with compatible: and continue with lower-case letters, digits, dots and hyphens."
        yield FieldError("model_id", f"{message} Example: compatible:flux.1-schnell.")
    if not _is_server_url(model.base_url):
        message = "Enter an http or https URL without a user name and without a query"
        yield FieldError("base_url", f"{message}, such as http://localhost:8080/v1.")
    if model.key_variable and not SERVER_KEY_VARIABLE.fullmatch(model.key_variable):
        message = "Use a name that starts with COMPATIBLE_ and ends with API_KEY, such as COMPATIBLE_LOCAL_API_KEY"
        yield FieldError("key_variable", f"{message}. Leave it empty if the server requires no key.")
    options = model.options if isinstance(model.options, dict) else {}
    for name in model.parameters:
        if name in ALWAYS_SENT:
            yield FieldError("parameters", f"Remove {name}: it is always sent.")
        elif not PARAMETER.fullmatch(name) or name not in {*SERVER_PARAMETERS, *options}:
            yield FieldError(
                "parameters",
                f"There is no value for {name}. Remove it, add it to the fixed parameters, or use some of "
                f"{', '.join(SERVER_PARAMETERS)}.",
            )
    for name in options.keys() - set(model.parameters):
        yield FieldError("options", f"Add {name} to the parameters that the server accepts, or remove it here.")
    if len(model.aspect_ratios or []) > 1 and not RATIO_PARAMETERS & set(model.parameters):
        yield FieldError(
            "aspect_ratios",
            "Add size or aspect_ratio to the parameters that the server accepts, or keep one aspect ratio: pictures of "
            "the others would be cropped.",
        )
    if "transparent" in (model.backgrounds or []) and "background" not in model.parameters:
        yield FieldError("backgrounds", "Add background to the parameters that the server accepts, or use opaque only.")


def _server_price_errors(model: CatalogueModel, prices: Sequence[ModelPrice]) -> Iterator[str]:
    for name, parameter in OPTION_PARAMETERS.items():
        if any(getattr(price, name) for price in prices) and parameter not in model.parameters:
            yield f"Add {parameter} to the parameters that the server accepts, or leave {name} empty in the prices."
    if any(price.thinking_level for price in prices):
        yield "Leave the thinking level empty: these servers have no parameter for it."


def _is_server_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    is_plain = not (parts.query or parts.fragment or "@" in parts.netloc or "?" in url or "#" in url)
    has_host = bool(parts.hostname) and port != 0 and url.isascii() and url.isprintable() and " " not in url
    return parts.scheme in {"http", "https"} and has_host and is_plain
