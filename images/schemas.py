"""What can be asked of images and what is answered: fields, limits and descriptions, once for every door."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from images.models import Image
from infrastructure.schemas import Arguments, PageArguments, Result

PROMPT_MAX_CHARACTERS = 8000
STYLE_MAX_CHARACTERS = 500
WAIT_MAX_SECONDS = 780

AspectRatio = Literal["1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4", "21:9"]
ThinkingLevel = Literal["default", "deep"]
Status = Literal["queued", "running", "succeeded", "rejected", "failed", "cancelled"]

UUID_PATTERN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def _uuid(text: str) -> str:
    if not UUID_PATTERN.fullmatch(text):
        raise ValueError("this is no UUID")
    return text.lower()


def _storable(text: str) -> str:
    # PostgreSQL's text can hold neither of them, and no model could draw them. JSON can carry half an emoji, which
    # programs make that cut text after so many characters.
    if "\0" in text:
        raise ValueError("the NUL character is not allowed")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("half a character (a lone surrogate) is not allowed")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("it holds nothing but white space")
    return text


ImageId = Annotated[
    str, AfterValidator(_uuid), Field(description="The image's id, a UUID.", json_schema_extra={"format": "uuid"})
]


ImageUrl = Annotated[
    str | None,
    Field(
        description="A link to the picture that needs no header and lives 15 minutes; null while there is none.",
        json_schema_extra={"format": "uri"},
    ),
]


IdempotencyKey = Annotated[
    str | None,
    Field(
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="1 to 255 visible characters of your choice. Repeating a request with the same key returns "
        "the same image without a second charge.",
    ),
]


class PictureArguments(Arguments):
    """What a picture depends on."""

    prompt: Annotated[
        str,
        AfterValidator(_storable),
        AfterValidator(_not_blank),
        Field(min_length=1, max_length=PROMPT_MAX_CHARACTERS, description="What to draw, in 1 to 8,000 characters."),
    ]
    model_id: Annotated[
        str,
        Field(max_length=100, description="A modelId from the list of models, such as openai:gpt-image-2."),
    ]
    aspect_ratio: Annotated[
        AspectRatio,
        Field(description="Width to height: 1:1 (default), 3:2, 2:3, 16:9, 9:16, 4:3, 3:4; some models also 21:9."),
    ] = "1:1"
    style: Annotated[
        str,
        AfterValidator(_storable),
        Field(max_length=STYLE_MAX_CHARACTERS, description="A style to add to the prompt, at most 500 characters."),
    ] = ""
    thinking_level: Annotated[
        ThinkingLevel | None,
        Field(description="default, or deep for more thought at a higher price, on models that list it."),
    ] = None


class GenerationArguments(PictureArguments):
    """What a picture depends on, and the key that makes asking for it repeatable."""

    idempotency_key: IdempotencyKey = None


class ImageArguments(Arguments):
    """Which image."""

    id: ImageId


class ListArguments(PageArguments):
    """Which of the caller's images."""

    status: Annotated[
        Status | Literal["all"],
        Field(
            description="Only images in this state: succeeded (default), all, queued, running, rejected, failed, "
            "cancelled."
        ),
    ] = "succeeded"


class ImageResult(Result):
    """One image, as lists show it."""

    id: UUID = Field(description="The image's id.")
    status: Status = Field(description="queued and running are on their way; the others are final.")
    prompt: str = Field(description="What was asked for.")
    model_id: str = Field(description="The model that was asked.")
    provider_id: str = Field(description="Who runs the model.")
    aspect_ratio: str = Field(description="Width to height.")
    style: str | None = Field(description="The style that was added to the prompt.")
    thinking_level: str | None = Field(description="default or deep; null for models without thinking.")
    media_type: str | None = Field(description="What kind of file the stored picture is; null while there is none.")
    credit_cost: int = Field(description="What the image cost when it was asked for, in credits.")
    created_at: datetime = Field(description="When it was asked for (UTC).")

    @classmethod
    def of(cls, image: Image) -> "ImageResult":
        return cls(**_fields(image))


class ErrorResult(Result):
    """Why an image has no picture."""

    code: str = Field(description="A stable name of the error.")
    message: str = Field(description="The same in words.")


class ImageDetailResult(ImageResult):
    """One image, with what went wrong if something did."""

    error: ErrorResult | None = Field(description="Why there is no picture; null if all is well.")

    @classmethod
    def of(cls, image: Image) -> "ImageDetailResult":
        error = ErrorResult(code=image.error_code, message=image.error_message) if image.error_code else None
        return cls(**_fields(image), error=error)


class ImageListResult(Result):
    """A page of the caller's images."""

    images: list[ImageResult] = Field(description="Images, newest first.")
    total: int = Field(description="How many there are in all.")
    limit: int = Field(description="The limit that was used.")
    offset: int = Field(description="The offset that was used.")


class CreditsResult(Result):
    """What an image cost and what is left."""

    charged: int = Field(description="What the image cost, in credits; they come back if it fails.")
    remaining: int = Field(description="The balance now.")


class FlatImageResult(ImageDetailResult):
    """One image with all there is to say of it."""

    image_url: ImageUrl
    credits: CreditsResult = Field(description="What it cost, and the balance now.")

    @classmethod
    def flat(cls, image: Image, *, balance: int, image_url: str | None) -> "FlatImageResult":
        detail = ImageDetailResult.of(image)
        credits = CreditsResult(charged=image.credit_cost, remaining=balance)
        return cls(**detail.model_dump(), image_url=image_url, credits=credits)


class FlatImageListResult(Result):
    """A page of the caller's images, with all there is to say of each."""

    images: list[FlatImageResult] = Field(description="Images, newest first.")
    total: int = Field(description="How many there are in all.")
    limit: int = Field(description="The limit that was used.")
    offset: int = Field(description="The offset that was used.")


class ModelResult(Result):
    """One model of the catalogue."""

    model_id: str = Field(description="What to ask for.")
    provider_id: str = Field(description="Who runs it.")
    name: str = Field(description="What people call it.")
    credits: int = Field(description="What one picture costs.")
    deep_credits: int | None = Field(description="What one costs with thinkingLevel deep; null where there is none.")
    aspect_ratios: list[str] = Field(description="The shapes it makes.")
    thinking_levels: list[str] = Field(description="The thinking levels it takes; empty where there are none.")
    available: bool = Field(description="Whether it can be asked for now.")
    speed: str = Field(description="fast or standard.")


class ModelListResult(Result):
    """The catalogue, and what there is to spend."""

    models: list[ModelResult] = Field(description="Every model, available or not.")
    credit_balance: int = Field(description="Whole credits left to spend.")


def _fields(image: Image) -> dict[str, Any]:
    return {
        "id": image.id,
        "status": image.status,
        "prompt": image.prompt,
        "model_id": image.model_id,
        "provider_id": image.provider_id,
        "aspect_ratio": image.aspect_ratio,
        "style": image.style or None,
        "thinking_level": image.thinking_level,
        "media_type": image.media_type or None,
        "credit_cost": image.credit_cost,
        "created_at": image.created_at,
    }
