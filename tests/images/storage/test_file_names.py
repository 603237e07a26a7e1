"""File names of downloaded pictures: words of the prompt, in any script."""

import re
import unicodedata
import uuid
from urllib.parse import unquote

import pytest

from images.models import Image
from images.storage import downloads

ID = uuid.UUID("6a1f0c9e-2f55-4c0b-b3a8-5d1f5a4c9e02")


def name_of(prompt: str) -> str:
    image = Image(id=ID, prompt=prompt, picture_name="x", media_type="image/png", sha256="", byte_size=1)
    return downloads.picture_file(image).file_name.removesuffix(".png")


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("A quiet lake, at dawn!", "a-quiet-lake-at-dawn"),
        ("The cat's \u201cbig\u201d day_1", "the-cats-big-day-1"),
        ("静かな湖、夜明け", "静かな湖-夜明け"),
        ("بحيرة هادئة", "بحيرة-هادئة"),
        ("शांत झील", "शांत-झील"),
        ("ทะเลสาบที่เงียบสงบ", "ทะเลสาบที่เงียบสงบ"),
        ("Cafe\u0301 am See", "café-am-see"),
        ("\u202e../../etc/passwd\x00\r\n", "etc-passwd"),
        ('a";filename="b\\c', "a-filename-b-c"),
        ("🐶🚀", str(ID)),
        ("!?", str(ID)),
        ("x" * 100, "x" * 60),
    ],
)
def test_the_name_says_what_the_picture_is(prompt: str, name: str) -> None:
    assert name_of(prompt) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize("character", ["湖", "é", "\U00020000"])
def test_a_name_fits_every_file_system(character: str) -> None:
    name = name_of(character * 300)
    assert len(name.encode()) <= 180
    assert set(name) == {character}


@pytest.mark.parametrize("disposition", ["inline", "attachment"])
@pytest.mark.parametrize(
    ("name", "ascii_name"),
    [("a-lake.png", "a-lake.png"), ("静かな湖.png", "image.png"), ("café-am-see.png", "cafe-am-see.png")],
)
def test_the_header_has_a_name_for_old_and_new_clients(disposition: str, name: str, ascii_name: str) -> None:
    header = downloads.content_disposition(disposition, name)
    assert header.isascii()
    assert header.startswith(f'{disposition}; filename="{ascii_name}"')
    extended = re.search(r"filename\*=UTF-8''([A-Za-z0-9%._-]+)$", header)
    assert (unquote(extended[1]) if extended else ascii_name) == name
