"""Arguments and results of calls about collections."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from images.models import Collection
from images.schemas import ImageId, SourceId, reject_blank, reject_unstorable
from infrastructure.schemas import Arguments, Result

CollectionId = Annotated[
    SourceId, Field(description="The collection's ID, a UUID.", json_schema_extra={"format": "uuid"})
]
CollectionName = Annotated[
    str,
    AfterValidator(reject_unstorable),
    AfterValidator(reject_blank),
    AfterValidator(str.strip),
    Field(
        min_length=1,
        max_length=Collection.NAME_MAX_CHARACTERS,
        description="The name, 1 to 80 characters. It is unique in the account, ignoring case.",
    ),
]


class CollectionIdArguments(Arguments):
    """The ID of a collection."""

    id: CollectionId


class CollectionImageArguments(CollectionIdArguments):
    """The IDs of a collection and of an image."""

    image_id: ImageId


class CollectionArguments(Arguments):
    """The name of a collection."""

    name: CollectionName


class RenameArguments(CollectionIdArguments, CollectionArguments):
    """A collection and its new name."""


class CollectionResult(Result):
    """A collection."""

    id: uuid.UUID = Field(description="The collection's ID.")
    name: str = Field(description="Its name.")
    image_count: int = Field(description="The number of images in it.")
    created_at: datetime = Field(description="When it was created (UTC).")


class CollectionListResult(Result):
    """The caller's collections."""

    collections: list[CollectionResult] = Field(description="All collections, sorted by name.")
