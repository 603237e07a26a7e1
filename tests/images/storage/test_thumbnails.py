"""Thumbnails: made at the first request, stored beside their pictures, and removed with them."""

import asyncio
import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image as Pillow

from accounts import deletion
from accounts.models import User
from images import generation
from images.exceptions import StorageFailed, TooManyUploads, UploadExpired
from images.models import Image, Upload
from images.pictures import raster
from images.storage import files, thumbnails
from images.uploads import uploads
from tests.concurrency import at_once, eventually
from tests.factories import caller_of, finished_image
from tests.faults.storages import CallsAfterFirstOpen, CallsBeforeFirstWrite, Full, Hangs
from tests.images.conftest import any_storage, s3_server  # noqa: F401
from tests.images.upload_files import encode, photo, png

pytestmark = pytest.mark.django_db(transaction=True)


def stored_upload(user: User, content: bytes | None = None) -> Upload:
    return uploads.store(caller_of(user), content or png(1200, 800))


def by_ticket(user: User) -> Upload:
    return uploads.redeem(uploads.create_ticket(caller_of(user)).pk, png(1200, 800))


def use(settings: Any, name: str) -> None:
    pictures = {"BACKEND": f"tests.faults.storages.{name}", "OPTIONS": {"location": settings.MEDIA_ROOT}}
    settings.STORAGES = {**settings.STORAGES, "pictures": pictures}


def folder_of(picture: Image | Upload) -> str:
    return uploads.folder(picture.pk) if isinstance(picture, Upload) else files.folder(picture.pk)


def files_of(picture: Image | Upload) -> set[str]:
    try:
        return {f"{folder_of(picture)}/{name}" for name in files.backend().listdir(folder_of(picture))[1]}
    except FileNotFoundError:
        return set()


def read(picture: Image | Upload) -> bytes:
    return asyncio.run(thumbnails.read(picture))


def opened(content: bytes) -> Pillow.Image:
    return Pillow.open(io.BytesIO(content))


def thumbnail_of(content: bytes) -> Pillow.Image:
    return opened(raster.thumbnail(raster.normalize(content).content))


@pytest.mark.parametrize("create", [stored_upload, by_ticket, finished_image])
def test_a_thumbnail_is_made_at_the_first_request_and_stored(
    alice: User,
    any_storage: str,  # noqa: F811
    create: Callable[[User], Image | Upload],
) -> None:
    picture = create(alice)
    assert files_of(picture).isdisjoint({picture.thumbnail_name})
    first = read(picture)
    assert (opened(first).format, max(opened(first).size)) == ("WEBP", 512)
    assert files.read(picture.thumbnail_name) == first
    assert len(files_of(picture)) == 2
    files.write(picture.thumbnail_name, b"stored")
    assert read(picture) == b"stored"


def test_a_thumbnail_is_upright_transparent_where_the_picture_is_and_without_metadata() -> None:
    upright = thumbnail_of(photo())
    assert (upright.size, dict(upright.getexif())) == ((48, 64), {})
    clear = thumbnail_of(png(900, 600, (200, 30, 30, 0), "RGBA"))
    assert clear.convert("RGBA").getchannel("A").getextrema() == (0, 0)


@pytest.mark.parametrize(("size", "expected"), [((40_000, 32), (512, 1)), ((32, 5000), (3, 512)), ((40, 32), (40, 32))])
def test_a_picture_of_any_shape_has_a_thumbnail(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert thumbnail_of(encode(Pillow.new("L", size, 90))).size == expected


def test_a_thumbnail_does_not_count(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    first = stored_upload(alice)
    read(first)
    assert first.byte_size == files.backend().size(first.file_name)
    monkeypatch.setattr(uploads, "MAX_TOTAL_BYTES", 2 * first.byte_size)
    stored_upload(alice)
    with pytest.raises(TooManyUploads):
        stored_upload(alice)


def delete(picture: Image | Upload, user: User) -> None:
    function = uploads.delete if isinstance(picture, Upload) else generation.delete
    function(caller_of(user), str(picture.pk))


def expire(picture: Image | Upload, _: User) -> None:
    Upload.objects.filter(pk=picture.pk).update(expires_at=timezone.now())
    assert uploads.remove_expired() == 1


def delete_account(picture: Image | Upload, user: User) -> None:
    deletion.delete(user)
    assert uploads.remove_expired() == isinstance(picture, Upload)


REMOVALS = [
    (stored_upload, delete),
    (stored_upload, expire),
    (stored_upload, delete_account),
    (finished_image, delete),
    (finished_image, delete_account),
]


@pytest.mark.parametrize(("create", "remove"), REMOVALS)
def test_a_thumbnail_is_removed_with_its_picture(
    alice: User,
    any_storage: str,  # noqa: F811
    create: Callable[[User], Image | Upload],
    remove: Callable[[Image | Upload, User], None],
) -> None:
    picture = create(alice)
    read(picture)
    remove(picture, alice)
    assert files_of(picture) == set()


@pytest.mark.parametrize(("create", "remove"), REMOVALS)
def test_a_picture_that_was_removed_gets_no_thumbnail(
    alice: User,
    create: Callable[[User], Image | Upload],
    remove: Callable[[Image | Upload, User], None],
    settings: Any,
) -> None:
    picture = create(alice)
    use(settings, "CallsAfterFirstOpen")
    CallsAfterFirstOpen.function = lambda: remove(picture, alice)
    assert opened(read(picture)).format == "WEBP"
    assert files_of(picture) == set()


@pytest.mark.parametrize(("create", "remove"), REMOVALS)
def test_a_removal_while_a_thumbnail_is_stored_does_not_wait_and_leaves_none(
    alice: User,
    settings: Any,
    create: Callable[[User], Image | Upload],
    remove: Callable[[Image | Upload, User], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    picture = create(alice)
    monkeypatch.setattr(Hangs, "requested_names", [])
    monkeypatch.setattr(Hangs, "may_continue", threading.Event())
    use(settings, "Hangs")
    with ThreadPoolExecutor() as threads:
        request = threads.submit(read, picture)
        eventually(lambda: Hangs.requested_names == [picture.thumbnail_name])
        remove(picture, alice)
        Hangs.may_continue.set()
        assert opened(request.result()).format == "WEBP"
    assert files_of(picture) == set()


def test_a_damaged_picture_has_no_thumbnail(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    image = finished_image(alice)
    files.write(image.picture_name, b"damaged")
    with pytest.raises(FileNotFoundError):
        read(image)
    assert "a stored picture is damaged" in caplog.text


def test_simultaneous_requests_all_get_the_thumbnail(alice: User, any_storage: str) -> None:  # noqa: F811
    image = finished_image(alice)

    async def read_often() -> list[bytes]:
        return await asyncio.gather(*(thumbnails.read(image) for _ in range(8)))

    assert set(asyncio.run(read_often())) == {files.read(image.thumbnail_name)}


def test_a_thumbnail_for_which_storage_has_no_space_is_returned_all_the_same(
    alice: User, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    image = finished_image(alice)
    use(settings, "Full")
    assert opened(read(image)).format == "WEBP"
    assert "a thumbnail was not stored" in caplog.text


def test_of_simultaneous_uses_of_a_ticket_only_the_file_of_one_stays(alice: User, any_storage: str) -> None:  # noqa: F811
    ticket = uploads.create_ticket(caller_of(alice))
    outcomes = at_once(*3 * [lambda: uploads.redeem(ticket.pk, png())])
    assert sorted(outcomes) == ["done", "upload_expired", "upload_expired"]
    upload = Upload.objects.get()
    assert files_of(upload) == {upload.file_name}


def test_an_upload_that_is_deleted_while_its_file_is_written_leaves_none(alice: User, settings: Any) -> None:
    ticket = uploads.create_ticket(caller_of(alice))
    use(settings, "CallsBeforeFirstWrite")
    CallsBeforeFirstWrite.function = lambda: uploads.delete(caller_of(alice), ticket.pk)
    with pytest.raises(UploadExpired):
        uploads.redeem(ticket.pk, png())
    assert files_of(ticket) == set()


@pytest.mark.parametrize("has_ticket", [False, True])
def test_an_upload_that_does_not_fit_leaves_nothing(
    alice: User, settings: Any, monkeypatch: pytest.MonkeyPatch, has_ticket: bool
) -> None:
    ticket = uploads.create_ticket(caller_of(alice)) if has_ticket else None
    monkeypatch.setattr(Full, "space_bytes", len(raster.normalize(png()).content) - 1)
    use(settings, "Full")
    with pytest.raises(StorageFailed):
        uploads.redeem(ticket.pk, png()) if ticket else stored_upload(alice, png())
    failed = Upload.objects.get()
    assert (failed.sha256, failed.thumbnail_name) == ("", "")
    Upload.objects.update(expires_at=timezone.now())
    assert uploads.remove_expired() == 1
    assert files_of(failed) == set()
