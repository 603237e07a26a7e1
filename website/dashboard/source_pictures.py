"""Pictures that an image is made from, as pages show them: with a thumbnail, a link, and a word if one is missing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import prefetch_related_objects
from django.urls import reverse

from images.models import Image, ImageSource, Upload

Role = ImageSource.Role


@dataclass(frozen=True, slots=True)
class SourcePicture:
    """A picture and what it is for."""

    source_id: str
    role: str
    # None if it was deleted, or is not the user's.
    picture: Image | Upload | None
    # Why it cannot be used; empty if it can.
    problem: str = ""

    @property
    def is_upload(self) -> bool:
        return isinstance(self.picture, Upload)

    @property
    def is_shown(self) -> bool:
        """Whether there is a file to show."""
        if isinstance(self.picture, Image):
            return bool(self.picture.picture_name)
        return isinstance(self.picture, Upload) and bool(self.picture.file_name)

    @property
    def sha256(self) -> str:
        return self.picture.sha256 if self.picture else ""

    @property
    def picture_url(self) -> str:
        """The path of the whole picture."""
        return reverse("upload-picture" if self.is_upload else "image-picture", args=[self.source_id])

    @property
    def thumbnail_url(self) -> str:
        """The path of the thumbnail."""
        return reverse("upload-thumbnail" if self.is_upload else "image-thumbnail", args=[self.source_id])

    @property
    def page_url(self) -> str:
        """The path of the image's page, or of the upload's file, which has no page."""
        return self.picture_url if self.is_upload else reverse("image", args=[self.source_id])

    @property
    def name(self) -> str:
        """What it is called: the prompt of an image."""
        return self.picture.prompt if isinstance(self.picture, Image) else "Uploaded image"


def prefetch(images: Iterable[Image]) -> None:
    """Read the pictures that these images were made from, in three queries at most."""
    prefetch_related_objects(list(images), "sources__source_image", "sources__upload")


def of_image(image: Image) -> Sequence[SourcePicture]:
    """Return the pictures that an image was made from, in order, then its mask."""
    return [_of_source(source) for source in image.sources.all()]


def base_of(image: Image) -> SourcePicture | None:
    """Return the picture that an image is an edit of; None if there is none, or it was deleted."""
    base = next((source for source in of_image(image) if source.role == Role.BASE), None)
    return base if base and base.is_shown else None


def _of_source(source: ImageSource) -> SourcePicture:
    picture = source.source_image or source.upload
    if isinstance(picture, Image) and picture.deleted_at:
        picture = None
    return SourcePicture(str(source.source_id), source.role, picture)
