"""Arguments and results of calls about uploads."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from images.models import Upload
from images.schemas import SourceId
from infrastructure.schemas import Arguments, Result

URL_MAX_CHARACTERS = 4096

UploadUrl = Annotated[
    str | None,
    Field(
        max_length=URL_MAX_CHARACTERS,
        description="A public https URL of a PNG, JPEG or WebP file of at most 20 MiB. Redirects are not followed. At "
        "most 4,096 characters.",
    ),
]


class UploadArguments(Arguments):
    """Where to fetch the picture of an upload."""

    url: UploadUrl = None


class UploadIdArguments(Arguments):
    """The ID of an upload."""

    id: Annotated[SourceId, Field(description="The upload's ID, a UUID.")]


class UploadResult(Result):
    """An uploaded picture."""

    id: UUID = Field(description="The upload's ID, to use in sources or mask.")
    media_type: str = Field(description="image/png, image/jpeg or image/webp.")
    width: int = Field(description="The width of the stored picture in pixels.")
    height: int = Field(description="The height of the stored picture in pixels.")
    byte_size: int = Field(description="The size of the stored file in bytes.")
    sha256: str = Field(description="The SHA-256 of the stored file, in hexadecimal.")
    created_at: datetime = Field(description="When it was created (UTC).")
    expires_at: datetime = Field(description="When it is deleted, unless an image uses it (UTC).")

    @classmethod
    def of(cls, upload: Upload) -> "UploadResult":
        return cls(**{name: getattr(upload, name) for name in cls.model_fields})


class TicketResult(Result):
    """A link that accepts one picture without a key."""

    id: UUID = Field(description="The ID that the upload will have.")
    upload_url: str = Field(description="Send the file to this URL with PUT, once and without a key.")
    page_url: str = Field(description="The same link for people: a page to choose a file in a browser.")
    expires_at: datetime = Field(description="When the link stops working (UTC).")
    max_bytes: int = Field(description="The size of the largest file that is accepted.")
    curl: str = Field(description="A command that uploads the file picture.png.")
