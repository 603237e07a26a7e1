"""The pictures that an image is made from: found for a request, recorded with it, and read by the worker."""

import hashlib
import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accounts.authentication import Caller
from images.exceptions import ImageNotFound, InvalidMask, NotReady, StorageFailed, UploadExpired
from images.failures import SourceDeleted
from images.models import Image, ImageSource, Upload
from images.pictures import masks
from images.providers import SourcePicture
from images.storage import files
from images.uploads import uploads
from infrastructure import database

logger = logging.getLogger(__name__)

Role = ImageSource.Role


@dataclass(frozen=True, slots=True)
class Source:
    """A picture that a request names, with its file's hash and size in pixels."""

    role: str
    picture: Image | Upload
    sha256: str
    width: int
    height: int

    def read(self) -> bytes:
        return files.read(_file_name(self.picture))


def find(caller: Caller, ids: Sequence[str], mask: str | None, *, lock: bool = True) -> list[Source]:
    """Return the pictures with these ids, in their order, then the mask.

    With `lock`, an upload that expires meanwhile stays until the transaction has recorded the image that uses it.

    Raises:
        ImageNotFound: The caller has no image or upload with an id, or the image has no picture.
        NotReady: An image is unfinished.
        UploadExpired: An upload has expired.
    """
    if not ids and mask is None:
        return []
    roles = [Role.BASE, *[Role.REFERENCE] * (len(ids) - 1)] if ids else []
    named = [*zip(ids, roles, strict=True), *([(mask, Role.MASK)] if mask else [])]
    wanted = [uuid.UUID(source_id) for source_id, _ in named]
    images = {image.id: image for image in Image.objects.owned_by(caller.user_id).filter(pk__in=wanted)}
    found = uploads.owned(caller).filter(pk__in=wanted).order_by("pk")
    uploaded = {upload.id: upload for upload in (found.select_for_update(no_key=True) if lock else found)}
    roles_of = zip(wanted, (role for _, role in named), strict=True)
    return [_source(key, images.get(key) or uploaded.get(key), role) for key, role in roles_of]


def mask_error(caller: Caller, ids: Sequence[str], mask: str | None) -> InvalidMask | StorageFailed | None:
    """Return why a mask cannot be used; None if it fits the first picture, and if one of the pictures is not found."""
    if mask is None:
        return None
    try:
        base, *_, found = find(caller, ids, mask, lock=False)
        # The check may wait for other masks.
        database.release_connections()
        _check_mask(base, found)
    except InvalidMask as error:
        return error
    except (ImageNotFound, NotReady, UploadExpired):
        return None
    except Exception as error:
        # Each storage has its own exceptions.
        if not files.is_missing(error):
            logger.exception("A mask could not be read.")
            return StorageFailed()
    return None


def record(image: Image, found: Sequence[Source]) -> None:
    """Store the sources of a new image, which its `sources` then returns without a query."""
    recorded = ImageSource.objects.bulk_create(
        ImageSource(
            image=image,
            position=position,
            role=source.role,
            source_id=source.picture.pk,
            source_image=source.picture if isinstance(source.picture, Image) else None,
            upload=source.picture if isinstance(source.picture, Upload) else None,
            sha256=source.sha256,
        )
        for position, source in enumerate(found)
    )
    prefetched = image.sources.all()
    prefetched._result_cache = recorded  # noqa: SLF001
    image._prefetched_objects_cache = {"sources": prefetched}  # type: ignore[attr-defined]  # noqa: SLF001


def are_same(image: Image, ids: Sequence[str], mask: str | None, sha256_by_id: Mapping[str, str]) -> bool:
    """Return whether a request names the pictures of an image: the same ids, or other pictures with the same bytes."""
    recorded = list(image.sources.all())
    named = [*ids, *([mask] if mask else [])]
    if len(named) != len(recorded) or bool(mask) != any(source.role == Role.MASK for source in recorded):
        return False
    return all(
        str(source.source_id) == source_id or source.sha256 == sha256_by_id.get(source_id)
        for source, source_id in zip(recorded, named, strict=True)
    )


def hashes(caller: Caller, ids: Sequence[str]) -> dict[str, str]:
    """Return the SHA-256 of the caller's images and uploads by id, without those that have no picture."""
    images = Image.objects.owned_by(caller.user_id).filter(pk__in=ids).values_list("pk", "sha256")
    uploaded = Upload.objects.filter(user_id=caller.user_id, pk__in=ids).values_list("pk", "sha256")
    return {str(key): sha256 for key, sha256 in [*images, *uploaded] if sha256}


def requested(image: Image) -> tuple[list[str], str | None]:
    """Return the ids of the pictures and of the mask that the request for an image named."""
    named = [(source.role, str(source.source_id)) for source in image.sources.all()]
    pictures = [source_id for role, source_id in named if role != Role.MASK]
    return pictures, next((source_id for role, source_id in named if role == Role.MASK), None)


def recorded(image: Image) -> list[ImageSource]:
    """Return the sources of an image with the rows of their pictures."""
    return list(image.sources.select_related("source_image", "upload"))


def read(found: Sequence[ImageSource]) -> tuple[list[SourcePicture], bytes | None]:
    """Return the pictures of an image, in order, and its mask in OpenAI's form.

    Raises:
        SourceDeleted: A picture was deleted.
    """
    pictures: list[SourcePicture] = []
    mask: bytes | None = None
    for source in found:
        content = _read(source)
        if source.role == Role.MASK:
            # The mask is the last one.
            mask = masks.convert(content, (pictures[0].width, pictures[0].height))
        else:
            pictures.append(_picture(content, source))
    return pictures, mask


def _check_mask(base: Source, mask: Source) -> None:
    size, mask_size = (base.width, base.height), (mask.width, mask.height)
    if not masks.fits(mask_size, size):
        # Without reading the file.
        raise masks.wrong_size(size, mask_size)
    masks.check(mask.read(), size)


def _source(source_id: uuid.UUID, picture: Image | Upload | None, role: str) -> Source:
    if picture is None:
        raise ImageNotFound.source(source_id)
    if isinstance(picture, Upload):
        uploads.require_usable(picture)
    elif not picture.is_final:
        raise NotReady.source(source_id, picture.status)
    elif not picture.picture_name:
        raise ImageNotFound.without_picture(source_id)
    return Source(role, picture, picture.sha256, picture.width or 0, picture.height or 0)


def _read(source: ImageSource) -> bytes:
    picture = source.source_image or source.upload
    if picture is None or (isinstance(picture, Image) and picture.deleted_at):
        raise SourceDeleted.of(source.source_id)
    try:
        content = files.read(_file_name(picture))
    except Exception as error:
        if files.is_missing(error):
            raise SourceDeleted.of(source.source_id) from error
        raise
    if hashlib.sha256(content).hexdigest() != source.sha256:
        raise SourceDeleted.of(source.source_id)
    return content


def _file_name(picture: Image | Upload) -> str:
    return picture.picture_name if isinstance(picture, Image) else picture.file_name


def _picture(content: bytes, source: ImageSource) -> SourcePicture:
    picture = source.source_image or source.upload
    if picture is None:
        raise SourceDeleted.of(source.source_id)
    return SourcePicture(content, picture.media_type, picture.width or 0, picture.height or 0)
