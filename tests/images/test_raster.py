"""Bytes from a provider: checked, cropped, with a thumbnail, or refused."""

import io
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from images import raster
from images.raster import InvalidPicture
from tests.factories import encoded_picture


def opened(content: bytes) -> Pillow.Image:
    return Pillow.open(io.BytesIO(content))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_of_the_right_shape_is_kept_byte_for_byte(kind: str) -> None:
    content = encoded_picture(300, 200, kind)
    picture = raster.prepare(content, "3:2")
    assert picture.content == content
    assert (picture.width, picture.height, picture.media_type) == (300, 200, f"image/{kind.lower()}")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(("size", "ratio"), [((300, 200), "1:1"), ((200, 300), "16:9"), ((150, 400), "21:9")])
def test_another_shape_is_cropped_at_the_centre(kind: str, size: tuple[int, int], ratio: str) -> None:
    picture = raster.prepare(encoded_picture(*size, kind), ratio)
    width, height = (int(side) for side in ratio.split(":"))
    assert picture.width / picture.height == pytest.approx(width / height, rel=0.02)
    assert opened(picture.content).size == (picture.width, picture.height)
    assert picture.width == size[0] or picture.height == size[1]
    assert picture.media_type == f"image/{kind.lower()}"


@pytest.mark.parametrize(("width", "cropped"), [(981, None), (1019, None), (979, (979, 979)), (1021, (1000, 1000))])
def test_a_shape_is_right_within_two_per_cent(width: int, cropped: tuple[int, int] | None) -> None:
    picture = raster.prepare(encoded_picture(width, 1000), "1:1")
    assert (picture.width, picture.height) == (cropped or (width, 1000))


def test_the_centre_is_what_is_kept() -> None:
    left = Pillow.new("RGB", (300, 100), "red")
    left.paste("blue", (100, 0, 200, 100))
    out = io.BytesIO()
    left.save(out, "PNG")
    colours = opened(raster.prepare(out.getvalue(), "1:1").content).getcolors()
    assert colours == [(10_000, (0, 0, 255))]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P"])
def test_the_thumbnail_is_webp_of_512_pixels(mode: str) -> None:
    thumbnail = opened(raster.prepare(encoded_picture(1536, 1024, mode=mode), "3:2").thumbnail)
    assert (thumbnail.format, max(thumbnail.size)) == ("WEBP", 512)


def test_a_thumbnail_keeps_transparency() -> None:
    out = io.BytesIO()
    Pillow.new("RGBA", (600, 600), (255, 0, 0, 0)).save(out, "PNG")
    thumbnail = opened(raster.prepare(out.getvalue(), "1:1").thumbnail)
    assert thumbnail.convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "1"), ("PNG", "LA"), ("PNG", "P"), ("PNG", "I;16"), ("JPEG", "L"), ("JPEG", "CMYK")]
)
def test_pictures_of_every_colour_mode_are_cropped(kind: str, mode: str) -> None:
    picture = raster.prepare(encoded_picture(300, 100, kind, mode), "1:1")
    assert opened(picture.content).size == opened(picture.thumbnail).size == (100, 100)


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
def test_what_is_no_whole_picture_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidPicture):
        raster.prepare(content, "1:1")


def test_too_many_bytes_are_refused_unread() -> None:
    with pytest.raises(InvalidPicture, match="larger"):
        raster.prepare(b"\x89PNG" + b"\0" * raster.MAX_BYTES, "1:1")


@given(
    st.sampled_from([encoded_picture(90, 60, kind) for kind in ("PNG", "JPEG", "WEBP")]),
    st.lists(st.tuples(st.floats(0, 0.999), st.binary(max_size=6)), min_size=1, max_size=5),
)
def test_damaged_bytes_are_a_picture_or_refused_and_nothing_else(
    content: bytes, damages: list[tuple[float, bytes]]
) -> None:
    damaged = bytearray(content)
    for where, what in damages:
        at = int(where * len(damaged))
        damaged[at : at + len(what)] = what
    try:
        picture = raster.prepare(bytes(damaged), "3:2")
    except InvalidPicture:
        return
    assert picture.width / picture.height == pytest.approx(1.5, rel=0.02)


def test_threads_leave_each_others_warnings_alone() -> None:
    before, content = warnings.filters, encoded_picture(300, 300)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: raster.prepare(content, "1:1"), range(64)))
    assert warnings.filters is before
