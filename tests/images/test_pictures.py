"""Bytes from a provider: checked, cropped, with a thumbnail, or refused."""

import io

import pytest
from PIL import Image as Pillow

from images import pictures
from images.pictures import UnusablePicture


def encoded(width: int, height: int, kind: str = "PNG", mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Pillow.linear_gradient("L").resize((width, height)).convert(mode).save(out, kind)
    return out.getvalue()


def opened(content: bytes) -> Pillow.Image:
    return Pillow.open(io.BytesIO(content))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_of_the_right_shape_is_kept_byte_for_byte(kind: str) -> None:
    content = encoded(300, 200, kind)
    picture = pictures.prepare(content, "3:2")
    assert picture.content == content
    assert (picture.width, picture.height, picture.media_type) == (300, 200, f"image/{kind.lower()}")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(("size", "ratio"), [((300, 200), "1:1"), ((200, 300), "16:9"), ((150, 400), "21:9")])
def test_another_shape_is_cropped_at_the_centre(kind: str, size: tuple[int, int], ratio: str) -> None:
    picture = pictures.prepare(encoded(*size, kind), ratio)
    width, height = (int(side) for side in ratio.split(":"))
    assert picture.width / picture.height == pytest.approx(width / height, rel=0.02)
    assert opened(picture.content).size == (picture.width, picture.height)
    assert picture.width == size[0] or picture.height == size[1]
    assert picture.media_type == f"image/{kind.lower()}"


def test_the_centre_is_what_is_kept() -> None:
    left = Pillow.new("RGB", (300, 100), "red")
    left.paste("blue", (100, 0, 200, 100))
    out = io.BytesIO()
    left.save(out, "PNG")
    colours = opened(pictures.prepare(out.getvalue(), "1:1").content).getcolors()
    assert colours == [(10_000, (0, 0, 255))]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P"])
def test_the_thumbnail_is_webp_of_512_pixels(mode: str) -> None:
    thumbnail = opened(pictures.prepare(encoded(1536, 1024, mode=mode), "3:2").thumbnail)
    assert (thumbnail.format, max(thumbnail.size)) == ("WEBP", 512)


def test_a_thumbnail_keeps_transparency() -> None:
    out = io.BytesIO()
    Pillow.new("RGBA", (600, 600), (255, 0, 0, 0)).save(out, "PNG")
    thumbnail = opened(pictures.prepare(out.getvalue(), "1:1").thumbnail)
    assert thumbnail.convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]


def bomb() -> bytes:
    out = io.BytesIO()
    Pillow.new("1", (20_000, 20_000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture at all",
        b"<html>busy</html>",
        encoded(50, 50, "GIF"),
        encoded(50, 50, "BMP"),
        encoded(300, 200)[:-200],
        encoded(300, 200, "JPEG")[:500],
        encoded(300, 200, "WEBP")[:-20],
        bomb(),
    ],
    ids=["empty", "text", "html", "gif", "bmp", "cut png", "cut jpeg", "cut webp", "bomb"],
)
def test_what_is_no_whole_picture_is_refused(content: bytes) -> None:
    with pytest.raises(UnusablePicture):
        pictures.prepare(content, "1:1")


def test_too_many_bytes_are_refused_unread() -> None:
    with pytest.raises(UnusablePicture, match="larger"):
        pictures.prepare(b"\x89PNG" + b"\0" * pictures.MAX_BYTES, "1:1")
