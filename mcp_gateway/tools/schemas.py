"""Arguments and results that only MCP tools use."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from images.models import Image, Upload
from images.schemas import (
    MAX_CREDITS_MAX,
    WAIT_MAX_SECONDS,
    CreditsResult,
    EditArguments,
    GenerationArguments,
    ImageArguments,
    ImageDetailResult,
    ImageFieldsResult,
    ImageResult,
    ImageUrl,
    Status,
)
from images.uploads.schemas import URL_MAX_CHARACTERS, TicketResult, UploadArguments, UploadResult
from infrastructure.schemas import Result

ImageOutput = Literal["full", "preview", "none"]
WaitSeconds = Annotated[int, Field(ge=0, le=WAIT_MAX_SECONDS)]
ImageBlock = Annotated[
    ImageOutput,
    Field(
        description="The image block to include in the result: full (default) for the stored file, preview for a "
        "small WebP, or none."
    ),
]
WaitForImage = Annotated[
    WaitSeconds,
    Field(
        description=f"How long to wait for the image, from 0 to {WAIT_MAX_SECONDS} seconds (default "
        f"{WAIT_MAX_SECONDS}). If the wait ends first, the image is still generated; fetch it with "
        "getimages_get_image."
    ),
]

ConfirmCredits = Annotated[
    int | None,
    Field(
        ge=1,
        le=MAX_CREDITS_MAX,
        description="The price in credits that the user has confirmed. Set it only after the error "
        "confirmation_required, and only if the user agreed.",
    ),
]


class GenerateArguments(GenerationArguments):
    """The image to generate, and how to return it."""

    image_output: ImageBlock = "full"
    wait_seconds: WaitForImage = WAIT_MAX_SECONDS
    confirm_credits: ConfirmCredits = None


class EditImageArguments(EditArguments):
    """The image to make from others, and how to return it."""

    image_output: ImageBlock = "full"
    wait_seconds: WaitForImage = WAIT_MAX_SECONDS
    confirm_credits: ConfirmCredits = None


# A host may send null for a name that it does not have.
TextOrNull = Annotated[str, BeforeValidator(lambda value: value or "")]


class FileReference(BaseModel):
    """A file of a chat that the host, such as ChatGPT, puts in the place of the argument."""

    model_config = ConfigDict(frozen=True)

    download_url: str = Field(max_length=URL_MAX_CHARACTERS, description="Where the file is. At most 4,096 characters.")
    file_id: str = Field(description="The host's ID of the file.")
    mime_type: TextOrNull = Field(default="", description="The media type that the host reports.")
    file_name: TextOrNull = Field(default="", description="The name of the file.")


class UploadImageArguments(UploadArguments):
    """The picture to upload, in one of three ways; without any, a link to upload it."""

    file: Annotated[
        FileReference | None,
        Field(description="A picture from this chat. The host sets download_url and file_id; never set them yourself."),
    ] = None
    data: Annotated[
        str | None,
        Field(
            description="The file as base64, at most 700 KiB. Only for programs. Never write it out yourself: it "
            "would fill your context."
        ),
    ] = None


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


class UploadedResult(Result):
    """An upload, or the link for one. The fields of the other are null."""

    id: UUID = Field(description="The upload's ID, to use in sources or mask.")
    status: Literal["uploaded", "waiting"] = Field(
        description="uploaded, or waiting until the file is sent to uploadUrl or chosen at pageUrl."
    )
    media_type: str | None = Field(description="image/png, image/jpeg or image/webp.")
    width: int | None = Field(description="The width of the stored picture in pixels.")
    height: int | None = Field(description="The height of the stored picture in pixels.")
    byte_size: int | None = Field(description="The size of the stored file in bytes.")
    sha256: str | None = Field(description="The SHA-256 of the stored file, in hexadecimal.")
    expires_at: datetime = Field(
        description="When the upload is deleted unless an image uses it, or when the link stops working (UTC)."
    )
    upload_url: str | None = Field(description="Send the file to this URL with PUT, once and without a key.")
    page_url: str | None = Field(description="A page for the user to choose the file in a browser.")
    max_bytes: int | None = Field(description="The size of the largest file that the link accepts.")
    curl: str | None = Field(description="A command that uploads picture.png: put the path of the file in its place.")

    @classmethod
    def of(cls, upload: Upload) -> "UploadedResult":
        return cls(**{**_NO_UPLOAD, **UploadResult.of(upload).model_dump(exclude={"created_at"}), "status": "uploaded"})

    @classmethod
    def of_ticket(cls, ticket: TicketResult) -> "UploadedResult":
        return cls(**{**_NO_UPLOAD, **ticket.model_dump(), "status": "waiting"})


_NO_UPLOAD: dict[str, Any] = dict.fromkeys(UploadedResult.model_fields)


class ImageWithLinkResult(Result):
    """One image, with a link to its file."""

    image: ImageDetailResult = Field(description="The image.")
    image_url: ImageUrl
