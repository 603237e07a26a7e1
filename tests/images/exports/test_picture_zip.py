"""The ZIP of selected pictures: its content, and its size before it is written."""

import io
import zipfile

import pytest

from accounts.models import User
from images.exports import picture_zip
from images.library.search import Filter
from images.library.selection import Selection
from images.models import Image
from images.storage import files
from tests.factories import caller_of, finished_image, queued_image

pytestmark = pytest.mark.django_db


def plan(user: User) -> picture_zip.PictureZip:
    return picture_zip.plan(Selection.of_matches(caller_of(user), Filter()))


def test_it_contains_every_picture_and_has_the_announced_size(alice: User) -> None:
    images = [finished_image(alice, prompt) for prompt in ("A lake", "A lake", "Ein Café")]
    queued_image(alice)
    archive = plan(alice)
    content = b"".join(archive.archive)
    assert (archive.pictures, archive.byte_size) == (3, len(content))
    with zipfile.ZipFile(io.BytesIO(content)) as pictures:
        assert pictures.testzip() is None
        names = {
            f"{name}-{str(image.pk)[:8]}.png"
            for name, image in zip(("a-lake", "a-lake", "ein-café"), images, strict=True)
        }
        assert set(pictures.namelist()) == names
        assert sorted(map(pictures.read, names)) == sorted(files.read(image.picture_name) for image in images)


def test_a_picture_that_is_gone_does_not_prevent_the_download_of_the_others(alice: User) -> None:
    gone, kept = finished_image(alice), finished_image(alice)
    archive = plan(alice)
    files.remove(gone.pk)
    content = b"".join(archive.archive)
    assert len(content) == archive.byte_size
    with zipfile.ZipFile(io.BytesIO(content)) as pictures:
        texts = [pictures.read(name) for name in pictures.namelist()]
    assert files.read(kept.picture_name) in texts
    assert picture_zip.MISSING in {text.rstrip(b" ") for text in texts}


def test_a_picture_that_is_too_short_ends_the_download(alice: User) -> None:
    image = finished_image(alice)
    Image.objects.update(byte_size=files.backend().size(image.picture_name) + 1)
    with pytest.raises(picture_zip.PictureIncomplete):
        b"".join(plan(alice).archive)
