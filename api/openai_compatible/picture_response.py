"""The body of a response with pictures, in the shape of OpenAI's `ImagesResponse`."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pybase64
from pydantic import BaseModel, ValidationError

from images.models import Image
from images.storage import files, links
from infrastructure import json_bytes
from infrastructure.exceptions import Unavailable
from infrastructure.observability.tracebacks import redacted

# The start of a picture's value.
PICTURE_FIELD: Final = b'"b64_json":"'

logger = logging.getLogger(__name__)


class TokenDetails(BaseModel):
    """The tokens of one direction by kind."""

    image_tokens: int
    text_tokens: int


class TokenUsage(BaseModel):
    """The tokens of a picture, as OpenAI reports them."""

    input_tokens: int
    input_tokens_details: TokenDetails
    output_tokens: int
    output_tokens_details: TokenDetails | None = None
    total_tokens: int


def body(images: Sequence[Image], *, as_url: bool) -> list[bytes]:
    """Return the body for finished images in parts; it reads their pictures from storage unless links are requested.

    Raises:
        Unavailable: A picture could not be read.
    """
    first = images[0]
    content: dict[str, Any] = {
        "created": int(first.created_at.timestamp()),
        "data": [{"url": links.image_url(image)} if as_url else {"b64_json": ""} for image in images],
        "background": first.background,
        "output_format": first.media_type.removeprefix("image/"),
        "quality": first.quality,
        "size": f"{first.width}x{first.height}",
    }
    usage = _total_usage(images)
    encoded = json_bytes.encode({**content, "usage": usage} if usage else content)
    # Joining the parts would copy the pictures. The body contains no text of a user, in which the name could occur.
    first_part, *other_parts = encoded.split(PICTURE_FIELD)
    parts = [first_part]
    for image, part in zip(images, other_parts, strict=False):
        parts += [PICTURE_FIELD, _base64(image), part]
    return parts


def _base64(image: Image) -> bytes:
    try:
        return pybase64.b64encode(files.read(image.picture_name))
    except Exception as error:
        logger.error("image %s: its picture could not be read: %s", image.id, redacted(error))  # noqa: TRY400
        raise Unavailable(
            f"The images were generated and charged, but a picture can't be read right now. Fetch {image.id} later."
        ) from error


def _total_usage(images: Sequence[Image]) -> Mapping[str, Any] | None:
    """Return the tokens of all pictures; None if a provider reports none or in another format."""
    try:
        usages = [TokenUsage.model_validate(image.provider_usage).model_dump(exclude_none=True) for image in images]
    except ValidationError:
        return None
    total = usages[0]
    for usage in usages[1:]:
        total = _sum(total, usage)
    return total


def _sum(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sums of the counts that both have."""
    return {
        name: _sum(value, other[name]) if isinstance(value, Mapping) else value + other[name]
        for name, value in one.items()
        if name in other
    }
