"""Thumbnails of uploads: made when the picture arrives, stored beside it, and removed with it."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image as Pillow

from accounts import deletion
from accounts.models import User
from images.exceptions import StorageFailed, TooManyUploads, UploadExpired
from images.models import Upload
from images.pictures import raster
from images.storage import files
from images.uploads import uploads
from tests.concurrency import at_once
from tests.factories import caller_of
from tests.faults.storages import CallsBeforeFirstWrite, Full
from tests.images.conftest import any_storage, s3_server  # noqa: F401
from tests.images.upload_files import encode, photo, png

pytestmark = pytest.mark.django_db(transaction=True)


def stored(user: User, content: bytes | None = None) -> Upload:
    return uploads.store(caller_of(user), content or png(1200, 800))


def use(settings: Any, name: str) -> None:
    pictures = {"BACKEND": f"tests.faults.storages.{name}", "OPTIONS": {"location": settings.MEDIA_ROOT}}
    settings.STORAGES = {**settings.STORAGES, "pictures": pictures}


def files_of(upload: Upload) -> set[str]:
    folder = uploads.folder(upload.pk)
    try:
        return {f"{folder}/{name}" for name in files.backend().listdir(folder)[1]}
    except FileNotFoundError:
        return set()


def thumbnail_of(content: bytes) -> Pillow.Image:
    return Pillow.open(io.BytesIO(raster.normalize(content).thumbnail))


def by_ticket(user: User) -> Upload:
    return uploads.redeem(uploads.create_ticket(caller_of(user)).pk, png(1200, 800))


@pytest.mark.parametrize("receive", [stored, by_ticket])
def test_an_upload_is_stored_with_its_thumbnail(
    alice: User,
    any_storage: str,  # noqa: F811
    receive: Callable[[User], Upload],
) -> None:
    upload = receive(alice)
    assert files_of(upload) == {upload.file_name, upload.thumbnail_name}
    thumbnail = Pillow.open(io.BytesIO(files.read(upload.thumbnail_name)))
    assert (thumbnail.format, thumbnail.size) == ("WEBP", (512, 341))
    assert Pillow.open(io.BytesIO(files.read(upload.file_name))).size == (1200, 800)


def test_a_thumbnail_is_upright_transparent_where_the_picture_is_and_without_metadata() -> None:
    upright = thumbnail_of(photo())
    assert (upright.size, dict(upright.getexif())) == ((48, 64), {})
    clear = thumbnail_of(png(900, 600, (200, 30, 30, 0), "RGBA"))
    assert clear.convert("RGBA").getchannel("A").getextrema() == (0, 0)


@pytest.mark.parametrize(("size", "expected"), [((40_000, 32), (512, 1)), ((32, 5000), (3, 512)), ((40, 32), (40, 32))])
def test_a_picture_of_any_shape_has_a_thumbnail(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert thumbnail_of(encode(Pillow.new("L", size, 90))).size == expected


def test_a_thumbnail_does_not_count(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    first = stored(alice)
    assert first.byte_size == files.size(first.file_name)
    monkeypatch.setattr(uploads, "MAX_TOTAL_BYTES", 2 * first.byte_size)
    stored(alice)
    with pytest.raises(TooManyUploads):
        stored(alice)


def delete(upload: Upload, user: User) -> None:
    uploads.delete(caller_of(user), upload.pk)


def expire(upload: Upload, _: User) -> None:
    Upload.objects.filter(pk=upload.pk).update(expires_at=timezone.now())
    assert uploads.remove_expired() == 1


def delete_account(_: Upload, user: User) -> None:
    deletion.delete(user)
    assert uploads.remove_expired() == 1


@pytest.mark.parametrize("remove", [delete, expire, delete_account])
def test_a_thumbnail_is_removed_with_its_upload(
    alice: User,
    any_storage: str,  # noqa: F811
    remove: Callable[[Upload, User], None],
) -> None:
    upload = stored(alice)
    remove(upload, alice)
    assert (Upload.objects.count(), files_of(upload)) == (0, set())
    assert not any(files.backend().exists(name) for name in (upload.file_name, upload.thumbnail_name))


def test_of_simultaneous_uses_of_a_ticket_only_the_files_of_one_stay(alice: User, any_storage: str) -> None:  # noqa: F811
    ticket = uploads.create_ticket(caller_of(alice))
    outcomes = at_once(*3 * [lambda: uploads.redeem(ticket.pk, png())])
    assert sorted(outcomes) == ["done", "upload_expired", "upload_expired"]
    upload = Upload.objects.get()
    assert files_of(upload) == {upload.file_name, upload.thumbnail_name}


def test_an_upload_that_is_deleted_while_its_files_are_written_leaves_none(alice: User, settings: Any) -> None:
    ticket = uploads.create_ticket(caller_of(alice))
    use(settings, "CallsBeforeFirstWrite")
    CallsBeforeFirstWrite.function = lambda: uploads.delete(caller_of(alice), ticket.pk)
    with pytest.raises(UploadExpired):
        uploads.redeem(ticket.pk, png())
    assert files_of(ticket) == set()


@pytest.mark.parametrize("has_ticket", [False, True])
def test_an_upload_whose_thumbnail_fits_but_not_its_picture_leaves_nothing(
    alice: User, settings: Any, monkeypatch: pytest.MonkeyPatch, has_ticket: bool
) -> None:
    ticket = uploads.create_ticket(caller_of(alice)) if has_ticket else None
    picture = raster.normalize(png())
    assert len(picture.thumbnail) < len(picture.content)
    monkeypatch.setattr(Full, "space_bytes", len(picture.thumbnail))
    use(settings, "Full")
    with pytest.raises(StorageFailed):
        uploads.redeem(ticket.pk, png()) if ticket else stored(alice, png())
    failed = Upload.objects.get()
    assert (failed.sha256, failed.thumbnail_name) == ("", "")
    Upload.objects.update(expires_at=timezone.now())
    assert uploads.remove_expired() == 1
    assert files_of(failed) == set()
