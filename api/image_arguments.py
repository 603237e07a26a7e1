"""The arguments of POST images: without sources those of a generation, with sources those of an edit."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from images.schemas import (
    EditArguments,
    EditAspectRatio,
    GenerationArguments,
    IdempotencyKey,
    Mask,
    MaxCredits,
    PictureArguments,
    Sources,
)
from infrastructure.schemas import parse

EDIT_FIELDS = ("sources", "mask")


class CreateArguments(GenerationArguments):
    """The arguments of a generation, with the idempotency key from its header."""

    idempotency_key: IdempotencyKey = Field(default=None, alias="Idempotency-Key")
    # Always null: a request that has them is parsed as CreateEditArguments. They are accepted arguments of the call.
    sources: Sources | None = None
    mask: Mask = None


class CreateEditArguments(EditArguments):
    """The arguments of an edit, with the idempotency key from its header."""

    idempotency_key: IdempotencyKey = Field(default=None, alias="Idempotency-Key")


class ImageBody(PictureArguments):
    """The picture to make, and the pictures to make it from."""

    aspect_ratio: Annotated[
        EditAspectRatio | None,
        Field(
            description="Width to height: 1:1 (default), 3:2, 2:3, 16:9, 9:16, 4:3 or 3:4; on some models also 21:9, "
            "5:4, 4:5, 4:1, 1:4, 8:1 or 1:8. With sources also auto, the default then: the shape of the first source."
        ),
    ] = None  # type: ignore[assignment]
    max_credits: MaxCredits = None
    sources: Annotated[
        Sources | None,
        Field(
            description="IDs of finished images or uploads, 1 to 14, to edit the "
            "first with the others as references. Without them, the picture is made from the prompt alone."
        ),
    ] = None
    mask: Mask = None


def parse_image(fields: Mapping[str, Any]) -> GenerationArguments:
    """Return the arguments of a generation, or of an edit if the request has sources or a mask.

    Raises:
        InvalidArguments: A field is invalid.
    """
    is_edit = any(fields.get(name) is not None for name in EDIT_FIELDS)
    return parse(CreateEditArguments, fields) if is_edit else parse(CreateArguments, fields)
