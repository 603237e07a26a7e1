"""Arguments and results of calls about shares."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from images.models import Share
from images.shares import shares
from infrastructure.schemas import Arguments, Result


class ShareArguments(Arguments):
    """What the public page of a picture shows."""

    shows_prompt: Annotated[bool, Field(description="Whether the page shows the prompt: true or false (default).")] = (
        False
    )


class ShareResult(Result):
    """The public page of a picture."""

    url: str = Field(
        description="The URL of the picture's public page. It requires no key and works until it is revoked.",
        json_schema_extra={"format": "uri"},
    )
    shows_prompt: bool = Field(description="Whether the page shows the prompt.")
    created_at: datetime = Field(description="When the link was created (UTC).")

    @classmethod
    def of(cls, share: Share) -> "ShareResult":
        return cls(url=shares.url(share), shows_prompt=share.shows_prompt, created_at=share.created_at)
