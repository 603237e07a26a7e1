"""Arguments and results that only MCP tools use."""

from typing import Annotated, Literal

from pydantic import Field

from images.models import Image
from images.schemas import (
    WAIT_MAX_SECONDS,
    CreditsResult,
    GenerationArguments,
    ImageArguments,
    ImageDetailResult,
    ImageFieldsResult,
    ImageResult,
    ImageUrl,
    Status,
)
from infrastructure.schemas import Result

ImageOutput = Literal["full", "preview", "none"]
WaitSeconds = Annotated[int, Field(ge=0, le=WAIT_MAX_SECONDS)]


class GenerateArguments(GenerationArguments):
    """The image to generate, and how to return it."""

    image_output: Annotated[
        ImageOutput,
        Field(
            description="The image block to include in the result: full (default) for the stored file, preview for a "
            "small WebP, or none."
        ),
    ] = "full"
    wait_seconds: Annotated[
        WaitSeconds,
        Field(
            description=f"How long to wait for the image, from 0 to {WAIT_MAX_SECONDS} seconds (default "
            f"{WAIT_MAX_SECONDS}). If the wait ends first, the image is still generated; fetch it with "
            "getimages_get_image."
        ),
    ] = WAIT_MAX_SECONDS


class GetImageArguments(ImageArguments):
    """The image to fetch, and how to return it."""

    include_bytes: Annotated[
        bool, Field(description="Whether to include the stored file as an image block (default false).")
    ] = False
    wait_seconds: Annotated[
        WaitSeconds,
        Field(description=f"How long to wait for an unfinished image, from 0 (default) to {WAIT_MAX_SECONDS} seconds."),
    ] = 0


class GeneratedResult(ImageFieldsResult):
    """The requested image in its current state."""

    status: Status = Field(description="succeeded, or queued or running if the wait ended before the image finished.")
    credits: CreditsResult = Field(description="The cost of the image and the current balance.")
    image_url: ImageUrl

    @classmethod
    def of(cls, image: Image, *, balance: int, image_url: str | None) -> "GeneratedResult":
        fields = ImageResult.of(image).model_dump(exclude={"prompt", "credit_cost"})
        credits = CreditsResult(charged=image.credit_cost, remaining=balance)
        return cls(**fields, credits=credits, image_url=image_url)


class ImageWithLinkResult(Result):
    """One image, with a link to its file."""

    image: ImageDetailResult = Field(description="The image.")
    image_url: ImageUrl
