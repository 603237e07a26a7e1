"""A picture is converted to the requested format as it is shown, and a transparent one must have clear pixels."""

import io
from typing import Any

import pytest
from PIL import Image as Pillow

from images.pictures import raster
from images.pictures.raster import InvalidPicture
from tests.factories import encoded_picture
from tests.images.picture_files import BLUE, COLOURS, GREEN, GREYS, P3, RED, WIDE, encode, quadrants, raw_png

SIZE = (240, 160)
POINTS = [(60, 40), (180, 40), (60, 120), (180, 120)]
WHITE = (255, 255, 255)
FORMATS = ["png", "jpeg", "webp"]
# JPEG and lossy WebP.
TOLERANCE = 6
GREY_COLOURS = tuple((grey,) * 3 for grey in GREYS)
CLEAR_COLOURS = (*((*colour, 255) for colour in COLOURS[:3]), (0, 0, 0, 0))
HALF = (*((*colour, 255) for colour in COLOURS[:3]), (0, 0, 0, 128))


def palette(*, clear: int | None = None) -> bytes:
    picture = quadrants().quantize(8)
    if clear is None:
        return encode(picture, "PNG")
    return encode(picture, "PNG", transparency=picture.getpixel(POINTS[clear]))


SOURCES: dict[str, tuple[bytes, tuple[Any, ...]]] = {
    "rgb png": (encode(quadrants(), "PNG"), COLOURS),
    "rgb jpeg": (encode(quadrants(), "JPEG"), COLOURS),
    "rgb webp": (encode(quadrants(), "WEBP"), COLOURS),
    "grey": (encode(quadrants("L", GREYS), "PNG"), GREY_COLOURS),
    "16-bit grey": (raw_png(16, 0, [(grey * 257,) for grey in GREYS]), GREY_COLOURS),
    "16-bit rgb": (raw_png(16, 2, [tuple(part * 257 for part in colour) for colour in COLOURS]), COLOURS),
    "palette": (palette(), COLOURS),
    "cmyk": (encode(quadrants("RGB").convert("CMYK"), "JPEG"), COLOURS),
    "rgba": (encode(quadrants("RGBA", CLEAR_COLOURS), "PNG"), (RED, GREEN, BLUE, WHITE)),
    "half transparent": (encode(quadrants("RGBA", HALF), "PNG"), (RED, GREEN, BLUE, (127, 127, 127))),
    "rgba webp": (encode(quadrants("RGBA", CLEAR_COLOURS), "WEBP"), (RED, GREEN, BLUE, WHITE)),
    "palette with a clear colour": (palette(clear=3), (RED, GREEN, BLUE, WHITE)),
}
OPAQUE = ["rgb png", "rgb jpeg", "rgb webp", "grey", "16-bit grey", "16-bit rgb", "palette", "cmyk"]
TRANSPARENT = ["rgba", "half transparent", "rgba webp", "palette with a clear colour"]


def open_picture(content: bytes) -> Pillow.Image:
    return Pillow.open(io.BytesIO(content))


def colours_on_white(picture: Pillow.Image) -> list[Any]:
    shown = picture.convert("RGBA")
    on_white = Pillow.alpha_composite(Pillow.new("RGBA", shown.size, "white"), shown).convert("RGB")
    return [on_white.getpixel(point) for point in POINTS]


@pytest.mark.parametrize("output_format", FORMATS)
@pytest.mark.parametrize("name", SOURCES)
def test_a_picture_is_converted_as_it_is_shown(name: str, output_format: str) -> None:
    content, expected = SOURCES[name]
    picture = raster.prepare(content, "3:2", output_format=output_format)
    converted = open_picture(picture.content)
    assert (picture.media_type, picture.width, picture.height) == (f"image/{output_format}", *SIZE)
    assert (converted.format, converted.size) == (output_format.upper(), SIZE)
    if picture.content != content:
        for found, colour in zip(colours_on_white(converted), expected, strict=True):
            assert found == pytest.approx(colour, abs=TOLERANCE)


@pytest.mark.parametrize("output_format", FORMATS)
def test_a_picture_that_has_the_format_keeps_its_bytes(output_format: str) -> None:
    content = encoded_picture(300, 200, output_format.upper())
    assert raster.prepare(content, "3:2", output_format=output_format).content == content


@pytest.mark.parametrize("output_format", ["png", "webp"])
@pytest.mark.parametrize("name", TRANSPARENT)
def test_a_conversion_keeps_transparency(name: str, output_format: str) -> None:
    picture = raster.prepare(SOURCES[name][0], "3:2", output_format=output_format, transparent=True)
    expected = 128 if name == "half transparent" else 0
    alpha = open_picture(picture.content).convert("RGBA").getchannel("A")
    assert [alpha.getpixel(point) for point in POINTS] == [255, 255, 255, expected]


@pytest.mark.parametrize("name", TRANSPARENT)
def test_a_jpeg_shows_transparency_on_white(name: str) -> None:
    content, expected = SOURCES[name]
    converted = open_picture(raster.prepare(content, "3:2", output_format="jpeg").content)
    assert converted.mode == "RGB"
    assert converted.getpixel(POINTS[3]) == pytest.approx(expected[3], abs=TOLERANCE)


@pytest.mark.parametrize("profile", [P3, WIDE], ids=["Display P3", "Adobe RGB"])
@pytest.mark.parametrize("output_format", ["jpeg", "webp"])
def test_a_converted_picture_is_in_srgb_without_a_profile(output_format: str, profile: bytes) -> None:
    content = encode(quadrants(colours=[(100, 150, 100)] * 4), "PNG", icc_profile=profile)
    converted = open_picture(raster.prepare(content, "3:2", output_format=output_format).content)
    assert "icc_profile" not in converted.info
    red, green, _ = converted.convert("RGB").getpixel(POINTS[0])  # type: ignore[misc]
    # The primaries are wider than those of sRGB, so the same colour has a lower red there.
    assert red < 95
    assert green == pytest.approx(150, abs=10)


@pytest.mark.parametrize("output_format", ["jpeg", "webp"])
def test_a_picture_is_cropped_and_converted(output_format: str) -> None:
    picture = raster.prepare(encoded_picture(300, 200), "1:1", output_format=output_format)
    converted = open_picture(picture.content)
    assert (converted.format, converted.size) == (output_format.upper(), (200, 200))
    assert (picture.width, picture.height) == (200, 200)


@pytest.mark.parametrize("name", OPAQUE)
def test_an_opaque_picture_is_rejected_where_transparency_is_required(name: str) -> None:
    with pytest.raises(InvalidPicture, match="without transparency"):
        raster.prepare(SOURCES[name][0], "3:2", transparent=True)


@pytest.mark.parametrize(("file_format", "mode"), [("PNG", "RGBA"), ("PNG", "LA")])
def test_an_alpha_channel_without_a_clear_pixel_is_no_transparency(file_format: str, mode: str) -> None:
    content = encode(quadrants().convert(mode), file_format)
    with pytest.raises(InvalidPicture, match="without transparency"):
        raster.prepare(content, "3:2", transparent=True)


@pytest.mark.parametrize("name", TRANSPARENT)
def test_a_transparent_picture_keeps_its_bytes(name: str) -> None:
    content = SOURCES[name][0]
    assert raster.prepare(content, "3:2", transparent=True).content == content
