"""Arguments and results of calls about images and models, with their limits, shared by MCP and REST.

Agents read the descriptions, and the documentation and the OpenAPI document show them.
"""

import re
import unicodedata
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from images.models import Image
from infrastructure.schemas import Arguments, PageArguments, Result
from infrastructure.unicode import DEFAULT_IGNORABLE

# The limits appear in field descriptions below, which error messages repeat.
PROMPT_MAX_CHARACTERS = 8000
STYLE_MAX_CHARACTERS = 500
WAIT_MAX_SECONDS = 780
SOURCES_MAX = 14
MAX_CREDITS_MAX = 2**31 - 1

AspectRatio = Literal[
    "1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4", "21:9", "5:4", "4:5", "4:1", "1:4", "8:1", "1:8"
]
EditAspectRatio = Literal["auto", AspectRatio]
ThinkingLevel = Literal["default", "deep"]
Resolution = Literal["512", "1K", "2K", "4K"]
Quality = Literal["low", "medium", "high"]
Background = Literal["opaque", "transparent"]
OutputFormat = Literal["png", "jpeg", "webp"]
Status = Literal["queued", "running", "succeeded", "rejected", "failed", "cancelled"]

UUID_PATTERN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)

# The texts of a boolean in a query string.
BOOLEANS = ("true", "false")

# Controls, formats (zero-width and bidirectional marks, tags), and all kinds of space.
INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
# The blank Braille pattern, and Unicode's noncharacters.
BLANK = re.compile(
    "[\u2800\ufdd0-\ufdef" + "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17)) + "]"
)


def _lower_case_uuid(text: str) -> str:
    if not UUID_PATTERN.fullmatch(text):
        raise ValueError("Not a UUID")
    return text.lower()


def reject_unstorable(text: str) -> str:
    """Return the text; raise ValueError if PostgreSQL or JSON cannot store it."""
    # PostgreSQL's text type accepts neither. JSON can carry half of a surrogate pair; programs produce one when they
    # cut text in the middle of an emoji.
    if "\0" in text:
        raise ValueError("NUL characters are not allowed")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("Unpaired surrogates (half a character) are not allowed")
    return text


def _reject_other_booleans(value: Any) -> Any:
    """Return the value; pydantic would also accept `1`, `yes` and other texts of a query string."""
    if isinstance(value, str) and value not in BOOLEANS:
        raise ValueError("Must be true or false")
    return value


def is_blank(text: str) -> bool:
    """Return whether a text has no visible character: only spaces, controls, and characters without a picture.

    Unassigned characters count as visible: Python's Unicode tables may be older than the emoji of a prompt.
    """
    rest = BLANK.sub("", DEFAULT_IGNORABLE.sub("", text))
    return all(unicodedata.category(character) in INVISIBLE_CATEGORIES for character in rest)


def reject_blank(text: str) -> str:
    """Return the text; raise ValueError if none of its characters is visible."""
    if is_blank(text):
        raise ValueError("Must contain visible text")
    return text


ImageId = Annotated[
    str,
    AfterValidator(_lower_case_uuid),
    Field(
        description="The image's ID, a UUID, for example 6a1f0c9e-2f55-4c0b-b3a8-5d1f5a4c9e02.",
        json_schema_extra={"format": "uuid"},
    ),
]


SourceId = Annotated[str, AfterValidator(_lower_case_uuid), Field(json_schema_extra={"format": "uuid"})]


ImageUrl = Annotated[
    str | None,
    Field(
        description="A link to the picture that works without a key for 15 minutes; null if there is no picture.",
        json_schema_extra={"format": "uri"},
    ),
]


IdempotencyKey = Annotated[
    str | None,
    Field(
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="A unique value of your choice: 1 to 255 visible ASCII characters, no spaces. Repeating a request "
        "with the same key returns the same image without a second charge.",
    ),
]


MaxCredits = Annotated[
    int | None,
    Field(
        ge=1,
        le=MAX_CREDITS_MAX,
        description="The highest price to accept in credits, 1 or more. If the image costs more, nothing is charged "
        "and the error names the price.",
    ),
]


Sources = Annotated[
    list[SourceId],
    Field(
        min_length=1,
        max_length=SOURCES_MAX,
        description="IDs of your finished images or uploads, 1 to 14. The first is edited, the others are references.",
    ),
]


Mask = Annotated[
    SourceId | None,
    Field(
        description="ID of an upload or image that marks what to change in the first source: transparent, or white "
        "on black. It has the same size as the first source."
    ),
]


class PictureArguments(Arguments):
    """The prompt, model and options of a picture, and a price limit."""

    prompt: Annotated[
        str,
        AfterValidator(reject_unstorable),
        AfterValidator(reject_blank),
        Field(
            min_length=1,
            max_length=PROMPT_MAX_CHARACTERS,
            description="A description of the picture, 1 to 8,000 characters.",
        ),
    ]
    model_id: Annotated[
        str,
        Field(
            max_length=100,
            description="A modelId from the list of models, for example openai:gpt-image-2. At most 100 characters.",
        ),
    ]
    aspect_ratio: Annotated[
        AspectRatio,
        Field(
            description="Width to height: 1:1 (default), 3:2, 2:3, 16:9, 9:16, 4:3 or 3:4; on some models also 21:9, "
            "5:4, 4:5, 4:1, 1:4, 8:1 or 1:8."
        ),
    ] = "1:1"
    style: Annotated[
        str,
        AfterValidator(reject_unstorable),
        Field(max_length=STYLE_MAX_CHARACTERS, description="A style to add to the prompt, up to 500 characters."),
    ] = ""
    thinking_level: Annotated[
        ThinkingLevel | None,
        Field(description="default or deep. deep costs more and is available on models that list it."),
    ] = None
    resolution: Annotated[
        Resolution | None,
        Field(description="512, 1K (default), 2K or 4K. Higher ones cost more, and not every model has them."),
    ] = None
    quality: Annotated[
        Quality | None,
        Field(description="low, medium or high, on models that list them. The default depends on the model."),
    ] = None
    background: Annotated[
        Background,
        Field(description="opaque (default), or transparent on models that list it."),
    ] = "opaque"
    output_format: Annotated[
        OutputFormat | None,
        Field(description="png, jpeg or webp. The default is the format that the provider sends."),
    ] = None

    max_credits: MaxCredits = None

    @field_validator("output_format")
    @classmethod
    def _reject_jpeg_with_transparency(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value == "jpeg" and info.data.get("background") == "transparent":
            raise ValueError("JPEG can't be transparent: use png or webp, or omit background")
        return value


class GenerationArguments(PictureArguments):
    """The prompt, model and options of a picture, and a key that makes the request safe to retry."""

    idempotency_key: IdempotencyKey = None


class EditArguments(GenerationArguments):
    """A picture to make from other pictures."""

    sources: Sources
    mask: Mask = None
    aspect_ratio: Annotated[
        EditAspectRatio,
        Field(
            description="auto (default) for the shape of the first source, or 1:1, 3:2, 2:3, 16:9, 9:16, 4:3 or 3:4; "
            "on some models also 21:9, 5:4, 4:5, 4:1, 1:4, 8:1 or 1:8."
        ),
    ] = "auto"  # type: ignore[assignment]


class ImageArguments(Arguments):
    """The ID of an image."""

    id: ImageId


class ListArguments(PageArguments):
    """A page of the caller's images, by status."""

    status: Annotated[
        Status | Literal["all"],
        Field(
            description="Which images to return: succeeded (default), queued, running, rejected, failed, cancelled "
            "or all."
        ),
    ] = "succeeded"
    favourite: Annotated[
        bool | None,
        BeforeValidator(_reject_other_booleans),
        Field(description="true for favourites only, false for all other images."),
    ] = None
    collection: Annotated[
        SourceId | None,
        Field(description="The ID of a collection, to return only its images.", json_schema_extra={"format": "uuid"}),
    ] = None


class SourceResult(Result):
    """A picture that an image was made from."""

    id: UUID | None = Field(description="The ID of the image or upload; null once it is deleted.")
    role: Literal["base", "reference", "mask"] = Field(description="base for the edited picture, reference or mask.")
    sha256: str = Field(description="The SHA-256 of its file, in hexadecimal.")


class ImageFieldsResult(Result):
    """What every result contains about an image."""

    id: UUID = Field(description="The image's ID.")
    status: Status = Field(description="queued or running until the image is finished; the other values are final.")
    model_id: str = Field(description="The requested model.")
    provider_id: str = Field(description="The provider that runs the model.")
    aspect_ratio: str = Field(description="Width to height.")
    style: str | None = Field(description="The style that was added to the prompt; null if there is none.")
    thinking_level: str | None = Field(description="default or deep; null for models without thinking.")
    resolution: str | None = Field(description="512, 1K, 2K or 4K; null for models without a choice of resolution.")
    quality: str | None = Field(description="low, medium or high; null for models without a choice of quality.")
    background: str = Field(description="opaque or transparent.")
    width: int | None = Field(description="The width of the picture in pixels; null if there is none.")
    height: int | None = Field(description="The height of the picture in pixels; null if there is none.")
    content_credentials: bool = Field(
        description="Whether the picture contains content credentials (C2PA) of its provider."
    )
    sources: list[SourceResult] = Field(description="The pictures it was made from; empty for a generated image.")
    media_type: str | None = Field(description="The media type of the stored picture; null if there is none.")
    favourite: bool = Field(description="Whether the image is one of the account's favourites.")
    created_at: datetime = Field(description="When the image was requested (UTC).")


class ImageResult(ImageFieldsResult):
    """One image."""

    prompt: str = Field(description="The prompt.")
    credit_cost: int = Field(description="The price of the image in credits, refunded if it fails.")

    @classmethod
    def of(cls, image: Image) -> "ImageResult":
        return cls(**_image_fields(image))


class ImageLineageResult(Result):
    """The images that an image was made from, and those that were made from it, nearest first."""

    ancestors: list[ImageResult] = Field(description="The images it was made from, in any number of steps.")
    descendants: list[ImageResult] = Field(description="The images made from it, in any number of steps.")


class ErrorResult(Result):
    """Why an image has no picture."""

    code: str = Field(description="A stable error code.")
    message: str = Field(description="A description of the error.")


class ImageDetailResult(ImageResult):
    """One image and its error."""

    error: ErrorResult | None = Field(
        description="Why the image has no picture; null if it succeeded or is unfinished."
    )

    @classmethod
    def of(cls, image: Image) -> "ImageDetailResult":
        error = ErrorResult(code=image.error_code, message=image.error_message) if image.error_code else None
        return cls(**_image_fields(image), error=error)


class ImageListResult(Result):
    """A page of the caller's images."""

    images: list[ImageResult] = Field(description="Images, newest first.")
    total: int = Field(description="The number of images that match.")
    limit: int = Field(description="The limit of this page.")
    offset: int = Field(description="The offset of this page.")


class CreditsResult(Result):
    """The price of an image and the credits that remain."""

    charged: int = Field(description="The price of the image in credits, refunded if it fails.")
    remaining: int = Field(description="The current balance in credits.")


class FlatImageResult(ImageDetailResult):
    """One image with its error, its price and a link to its picture."""

    image_url: ImageUrl
    credits: CreditsResult = Field(description="The price of the image and the current balance.")

    @classmethod
    def flat(cls, image: Image, *, balance: int, image_url: str | None) -> "FlatImageResult":
        detail = ImageDetailResult.of(image)
        credits = CreditsResult(charged=image.credit_cost, remaining=balance)
        return cls(**detail.model_dump(), image_url=image_url, credits=credits)


class FlatImageListResult(Result):
    """A page of the caller's images, with links to their pictures."""

    images: list[FlatImageResult] = Field(description="Images, newest first.")
    total: int = Field(description="The number of images that match.")
    limit: int = Field(description="The limit of this page.")
    offset: int = Field(description="The offset of this page.")


class PriceResult(Result):
    """The price of one image for one combination of options; null where the model has no such choice."""

    quality: str | None = Field(description="low, medium or high.")
    resolution: str | None = Field(description="512, 1K, 2K or 4K.")
    thinking_level: str | None = Field(description="default or deep.")
    credits: int = Field(description="The price in credits.")


class ModelResult(Result):
    """One model of the catalogue."""

    model_id: str = Field(description="The ID to pass as modelId.")
    provider_id: str = Field(description="The provider that runs the model.")
    name: str = Field(description="The display name.")
    credits: int = Field(description="The price of one image without options in credits.")
    deep_credits: int | None = Field(
        description="The price with thinkingLevel deep; null if the model has no deep thinking."
    )
    aspect_ratios: list[str] = Field(description="The aspect ratios it supports.")
    thinking_levels: list[str] = Field(description="The thinking levels it supports; empty if there are none.")
    resolutions: list[str] = Field(description="The resolutions to choose from; empty if there is no choice.")
    qualities: list[str] = Field(description="The qualities to choose from; empty if there is no choice.")
    backgrounds: list[str] = Field(description="The backgrounds it supports.")
    output_formats: list[str] = Field(description="The formats in which it can return the picture.")
    max_sources: int = Field(description="How many pictures an edit may use; 0 if the model cannot edit.")
    takes_mask: bool = Field(description="Whether an edit may have a mask.")
    prices: list[PriceResult] = Field(description="The price of every combination of options that it supports.")
    available: bool = Field(description="Whether it can be used right now.")
    speed: str = Field(description="How long it usually takes: fast or standard.")


class ModelListResult(Result):
    """The catalogue of models and the caller's balance."""

    models: list[ModelResult] = Field(description="Every model with a price, available or not.")
    credit_balance: int = Field(description="The current balance in credits.")


def _image_fields(image: Image) -> dict[str, Any]:
    return {
        "id": image.id,
        "status": image.status,
        "prompt": image.prompt,
        "model_id": image.model_id,
        "provider_id": image.provider_id,
        "aspect_ratio": image.aspect_ratio,
        "style": image.style or None,
        "thinking_level": image.thinking_level,
        "resolution": image.resolution,
        "quality": image.quality,
        "background": image.background,
        "width": image.width,
        "height": image.height,
        "content_credentials": image.has_content_credentials,
        "sources": [
            {"id": source.source_image_id or source.upload_id, "role": source.role, "sha256": source.sha256}
            for source in image.sources.all()
        ],
        "media_type": image.media_type or None,
        "favourite": image.is_favourite,
        "credit_cost": image.credit_cost,
        "created_at": image.created_at,
    }
