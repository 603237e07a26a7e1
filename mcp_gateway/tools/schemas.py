"""What only MCP's tools take and answer, and the JSON Schemas of all of them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from images.models import Image
from images.schemas import (
    WAIT_MAX_SECONDS,
    CreditsResult,
    GenerationArguments,
    ImageArguments,
    ImageDetailResult,
    ImageResult,
    ImageUrl,
    Status,
)
from infrastructure.schemas import Arguments, Result

ImageOutput = Literal["full", "preview", "none"]
Wait = Annotated[int, Field(ge=0, le=WAIT_MAX_SECONDS)]


class GenerateArguments(GenerationArguments):
    """What to draw, and how the answer is wanted."""

    image_output: Annotated[
        ImageOutput,
        Field(description="What the result carries: full (default), the stored picture; preview, a small WebP; none."),
    ] = "full"
    wait_seconds: Annotated[
        Wait,
        Field(
            description=f"How long to wait for the picture: 0 to {WAIT_MAX_SECONDS} (default) seconds. "
            "When the time is up the image is still made; fetch it with getimages_get_image."
        ),
    ] = WAIT_MAX_SECONDS


class GetImageArguments(ImageArguments):
    """Which image, and how the answer is wanted."""

    include_bytes: Annotated[
        bool, Field(description="Whether the result also carries the picture itself (default false).")
    ] = False
    wait_seconds: Annotated[
        Wait,
        Field(description=f"How long to wait if it is not finished yet: 0 (default) to {WAIT_MAX_SECONDS} seconds."),
    ] = 0


class GeneratedResult(Result):
    """The image that was asked for, as far as it is."""

    id: UUID = Field(description="The image's id, for getimages_get_image.")
    status: Status = Field(description="succeeded, or queued or running when the wait ended before the picture came.")
    model_id: str = Field(description="The model that was asked.")
    provider_id: str = Field(description="Who runs the model.")
    aspect_ratio: str = Field(description="Width to height.")
    style: str | None = Field(description="The style that was added to the prompt.")
    thinking_level: str | None = Field(description="default or deep; null for models without thinking.")
    media_type: str | None = Field(description="What kind of file the stored picture is; null while there is none.")
    credits: CreditsResult = Field(description="What it cost, and the balance now.")
    created_at: datetime = Field(description="When it was asked for (UTC).")
    image_url: ImageUrl

    @classmethod
    def of(cls, image: Image, *, balance: int, image_url: str | None) -> "GeneratedResult":
        shown = ImageResult.of(image).model_dump(exclude={"prompt", "credit_cost"})
        credits = CreditsResult(charged=image.credit_cost, remaining=balance)
        return cls(**shown, credits=credits, image_url=image_url)


class ImageWithLinkResult(Result):
    """One image and the way to its picture."""

    image: ImageDetailResult = Field(description="The image.")
    image_url: ImageUrl
