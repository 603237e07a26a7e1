"""Bytes from a provider are validated, cropped and given a thumbnail, or rejected."""

import io
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from images.pictures import raster
from images.pictures.raster import InvalidPicture
from tests.factories import encoded_picture


def open_picture(content: bytes) -> Pillow.Image:
    return Pillow.open(io.BytesIO(content))


@pytest.mark.parametrize("picture_format", ["PNG", "JPEG", "WEBP"])
def test_a_picture_with_the_right_ratio_keeps_its_bytes(picture_format: str) -> None:
    content = encoded_picture(300, 200, picture_format)
    picture = raster.prepare(content, "3:2")
    assert picture.content == content
    assert (picture.width, picture.height, picture.media_type) == (300, 200, f"image/{picture_format.lower()}")


@pytest.mark.parametrize("picture_format", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(("size", "ratio"), [((300, 200), "1:1"), ((200, 300), "16:9"), ((150, 400), "21:9")])
def test_a_picture_with_another_ratio_is_cropped_to_the_centre(
    picture_format: str, size: tuple[int, int], ratio: str
) -> None:
    picture = raster.prepare(encoded_picture(*size, picture_format), ratio)
    width, height = (int(side) for side in ratio.split(":"))
    assert picture.width / picture.height == pytest.approx(width / height, rel=0.02)
    assert open_picture(picture.content).size == (picture.width, picture.height)
    assert picture.width == size[0] or picture.height == size[1]
    assert picture.media_type == f"image/{picture_format.lower()}"


@pytest.mark.parametrize(("width", "cropped"), [(981, None), (1019, None), (979, (979, 979)), (1021, (1000, 1000))])
def test_a_ratio_is_right_within_two_per_cent(width: int, cropped: tuple[int, int] | None) -> None:
    picture = raster.prepare(encoded_picture(width, 1000), "1:1")
    assert (picture.width, picture.height) == (cropped or (width, 1000))


def test_cropping_keeps_the_centre() -> None:
    picture = Pillow.new("RGB", (300, 100), "red")
    picture.paste("blue", (100, 0, 200, 100))
    out = io.BytesIO()
    picture.save(out, "PNG")
    colours = open_picture(raster.prepare(out.getvalue(), "1:1").content).getcolors()
    assert colours == [(10_000, (0, 0, 255))]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P"])
def test_the_thumbnail_is_webp_of_512_pixels(mode: str) -> None:
    thumbnail = open_picture(raster.thumbnail(raster.prepare(encoded_picture(1536, 1024, mode=mode), "3:2").content))
    assert (thumbnail.format, max(thumbnail.size)) == ("WEBP", 512)


def test_a_thumbnail_keeps_transparency() -> None:
    out = io.BytesIO()
    Pillow.new("RGBA", (600, 600), (255, 0, 0, 0)).save(out, "PNG")
    thumbnail = open_picture(raster.thumbnail(raster.prepare(out.getvalue(), "1:1").content))
    assert thumbnail.convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize(
    ("picture_format", "mode"),
    [("PNG", "1"), ("PNG", "LA"), ("PNG", "P"), ("PNG", "I;16"), ("JPEG", "L"), ("JPEG", "CMYK")],
)
def test_pictures_of_every_colour_mode_are_cropped(picture_format: str, mode: str) -> None:
    picture = raster.prepare(encoded_picture(300, 100, picture_format, mode), "1:1")
    assert open_picture(picture.content).size == open_picture(raster.thumbnail(picture.content)).size == (100, 100)


def test_a_jpeg_with_further_pictures_inside_is_a_jpeg() -> None:
    out = io.BytesIO()
    Pillow.new("RGB", (90, 60)).save(out, "MPO", save_all=True, append_images=[Pillow.new("RGB", (45, 30))])
    picture = raster.prepare(out.getvalue(), "3:2")
    assert (picture.content == out.getvalue(), picture.media_type) == (True, "image/jpeg")


def bomb(side: int = 20_000) -> bytes:
    out = io.BytesIO()
    Pillow.new("1", (side, side)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture at all",
        b"<html>busy</html>",
        encoded_picture(50, 50, "GIF"),
        encoded_picture(50, 50, "BMP"),
        encoded_picture(300, 200)[:-200],
        encoded_picture(300, 200, "JPEG")[:500],
        encoded_picture(300, 200, "WEBP")[:-20],
        bomb(),
        bomb(7_100),
    ],
    ids=["empty", "text", "html", "gif", "bmp", "cut png", "cut jpeg", "cut webp", "bomb", "too many pixels"],
)
def test_incomplete_or_unknown_bytes_are_rejected(content: bytes) -> None:
    with pytest.raises(InvalidPicture):
        raster.prepare(content, "1:1")


def test_too_many_bytes_are_rejected_unread() -> None:
    with pytest.raises(InvalidPicture, match="larger"):
        raster.prepare(b"\x89PNG" + b"\0" * raster.MAX_BYTES, "1:1")


@given(
    st.sampled_from([encoded_picture(90, 60, picture_format) for picture_format in ("PNG", "JPEG", "WEBP")]),
    st.lists(st.tuples(st.floats(0, 0.999), st.binary(max_size=6)), min_size=1, max_size=5),
)
def test_damaged_bytes_give_a_picture_or_are_rejected(content: bytes, damages: list[tuple[float, bytes]]) -> None:
    damaged = bytearray(content)
    for position, replacement in damages:
        start = int(position * len(damaged))
        damaged[start : start + len(replacement)] = replacement
    try:
        picture = raster.prepare(bytes(damaged), "3:2")
    except InvalidPicture:
        return
    assert picture.width / picture.height == pytest.approx(1.5, rel=0.02)


def test_concurrent_calls_do_not_change_warning_filters() -> None:
    before, content = warnings.filters, encoded_picture(300, 300)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: raster.prepare(content, "1:1"), range(64)))
    assert warnings.filters is before
