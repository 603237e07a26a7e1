"""The thumbnail of every kind of picture looks like the picture as a colour-managed viewer shows it."""

import io
import struct
from dataclasses import dataclass
from typing import Any

import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from accounts.models import User
from images.models import Image
from images.pictures import raster
from images.pictures.raster import InvalidPicture
from tests.concurrency import eventually
from tests.factories import balance, encoded_picture, queued_image
from tests.images.picture_files import (
    BLUE,
    COLOURS,
    EXCHANGED,
    GREEN,
    GREY,
    GREYS,
    P3,
    RED,
    WIDE,
    cmyk_profile,
    encode,
    grey_profile,
    quadrants,
    raw_png,
    sideways,
)
from tests.images.providers import responses
from tests.images.providers.stand_in import ProviderStandIn

# WebP loses some colour at the edges and in saturated areas.
TOLERANCE = 6
SIZE = (240, 160)
CLEAR = None
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
# White is L 255, black is L 0; each ink darkens, and cyan alone is strongly green here.
CMYK = cmyk_profile(
    lambda cyan, magenta, yellow, key: (
        255 - 60 * (cyan + magenta + yellow) - 75 * key,
        128 - 60 * cyan * (1 - key) + 60 * magenta * (1 - key),
        128 + 60 * yellow * (1 - key),
    )
)
INKS = ((0, 255, 255, 0), (255, 0, 255, 0), (255, 255, 0, 0), (0, 0, 0, 128))


@dataclass(frozen=True)
class Case:
    """A file and the colours of its quadrants as shown; CLEAR is a transparent one."""

    content: bytes
    shown: Any


def managed(picture: Pillow.Image, profile: bytes) -> tuple[Any, ...]:
    """Return the colours of the quadrants in sRGB, converted from the profile."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    assert converted is not None
    return colours_of(converted)


def colours_of(picture: Pillow.Image) -> tuple[Any, ...]:
    """Return the colours at the centres of the quadrants."""
    width, height = picture.size
    points = [(width // 4, height // 4), (width * 3 // 4, height // 4)]
    points += [(x, height * 3 // 4) for x, _ in points]
    pixels = picture.convert("RGBA")
    values: list[Any] = [pixels.getpixel(point) for point in points]
    return tuple(CLEAR if value[3] == 0 else value[:3] for value in values)


def grey(*values: int) -> tuple[Any, ...]:
    return tuple((value, value, value) for value in values)


def animated(file_format: str, **options: Any) -> bytes:
    later = [Pillow.new("RGB", SIZE, "yellow"), Pillow.new("RGB", SIZE, "black")]
    return encode(quadrants(), file_format, save_all=True, append_images=later, duration=100, **options)


def hidden_default() -> bytes:
    frames = [quadrants(), Pillow.new("RGB", SIZE, "yellow")]
    placeholder = Pillow.new("RGB", SIZE, "black")
    return encode(placeholder, "PNG", save_all=True, append_images=frames, default_image=True, duration=100)


def with_adobe_inks(**options: Any) -> bytes:
    return encode(quadrants("CMYK", INKS), "JPEG", **options)


def opaque(colours: Any) -> tuple[Any, ...]:
    return tuple((*colour, 255) for colour in colours)


RGBA = (*opaque(COLOURS[:3]), (0, 0, 0, 0))
SIXTEEN = [tuple(value * 257 for value in colour) for colour in COLOURS]
SIXTEEN_GREY = [(value * 257,) for value in GREYS]
PALETTE = b"".join(bytes(colour) for colour in COLOURS)
INDEXES = [(0,), (1,), (2,), (3,)]
RGB, LIGHT = quadrants(), quadrants("L", GREYS)

KINDS: dict[str, Case] = {
    "png": Case(encode(RGB, "PNG"), COLOURS),
    "jpeg": Case(encode(RGB, "JPEG"), COLOURS),
    "progressive jpeg": Case(encode(RGB, "JPEG", progressive=True), COLOURS),
    "webp": Case(encode(RGB, "WEBP"), COLOURS),
    "lossy webp": Case(encode(RGB, "WEBP", lossless=False, quality=98), COLOURS),
    "png rgba": Case(encode(quadrants("RGBA", RGBA), "PNG"), (*COLOURS[:3], CLEAR)),
    "webp rgba": Case(encode(quadrants("RGBA", RGBA), "WEBP"), (*COLOURS[:3], CLEAR)),
    "png grey 1 bit": Case(raw_png(1, 0, [(0,), (1,), (1,), (0,)]), (BLACK, WHITE, WHITE, BLACK)),
    "png grey 2 bit": Case(raw_png(2, 0, INDEXES), grey(0, 85, 170, 255)),
    "png grey 4 bit": Case(raw_png(4, 0, [(1,), (5,), (9,), (15,)]), grey(17, 85, 153, 255)),
    "png grey": Case(encode(LIGHT, "PNG"), grey(*GREYS)),
    "png grey 16 bit": Case(raw_png(16, 0, SIXTEEN_GREY), grey(*GREYS)),
    "png grey and alpha": Case(raw_png(8, 4, [(20, 255), (90, 255), (160, 0), (230, 255)]), None),
    "png grey and alpha 16 bit": Case(raw_png(16, 4, [(5140, 65535), (23130, 65535), (0, 0), (59110, 65535)]), None),
    "png rgb 16 bit": Case(raw_png(16, 2, SIXTEEN), COLOURS),
    "png rgba 16 bit": Case(raw_png(16, 6, [*((*value, 65535) for value in SIXTEEN[:3]), (0, 0, 0, 0)]), None),
    "png palette 2 bit": Case(raw_png(2, 3, INDEXES, PLTE=PALETTE), COLOURS),
    "png palette 4 bit": Case(raw_png(4, 3, INDEXES, PLTE=PALETTE), COLOURS),
    "png palette 8 bit": Case(raw_png(8, 3, INDEXES, PLTE=PALETTE), COLOURS),
    "png palette with alpha": Case(raw_png(8, 3, INDEXES, PLTE=PALETTE, tRNS=bytes([255, 255, 255, 0])), None),
    "png palette with one clear colour": Case(raw_png(2, 3, INDEXES, PLTE=PALETTE, tRNS=b"\xff\xff\xff\0"), None),
    "png grey 8 bit with a clear value": Case(
        raw_png(8, 0, [(20,), (90,), (160,), (230,)], tRNS=struct.pack(">H", 160)), None
    ),
    "png grey 16 bit with a clear value": Case(raw_png(16, 0, SIXTEEN_GREY, tRNS=struct.pack(">H", 160 * 257)), None),
    "png rgb with a clear colour": Case(
        raw_png(8, 2, list(COLOURS), tRNS=struct.pack(">3H", *GREY)), (*COLOURS[:3], CLEAR)
    ),
    "png rgb 16 bit with a clear colour": Case(
        raw_png(16, 2, SIXTEEN, tRNS=struct.pack(">3H", *SIXTEEN[3])), (*COLOURS[:3], CLEAR)
    ),
    "png grey 2 bit with a clear value": Case(
        raw_png(2, 0, INDEXES, tRNS=struct.pack(">H", 2)), (BLACK, (85, 85, 85), CLEAR, WHITE)
    ),
    "png grey 1 bit with a clear value": Case(
        raw_png(1, 0, [(0,), (1,), (1,), (0,)], tRNS=struct.pack(">H", 1)), (BLACK, CLEAR, CLEAR, BLACK)
    ),
    "jpeg grey": Case(encode(LIGHT, "JPEG"), grey(*GREYS)),
    "jpeg cmyk": Case(with_adobe_inks(), colours_of(quadrants("CMYK", INKS).convert("RGB"))),
    "jpeg cmyk with a profile": Case(with_adobe_inks(icc_profile=CMYK), managed(quadrants("CMYK", INKS), CMYK)),
    "animated png": Case(animated("PNG"), COLOURS),
    "animated png with another first picture": Case(hidden_default(), COLOURS),
    "animated webp": Case(animated("WEBP"), COLOURS),
    "png with trailing bytes": Case(encode(RGB, "PNG") + b"trailing" * 100, COLOURS),
    "jpeg with trailing bytes": Case(encode(RGB, "JPEG") + encode(RGB, "PNG"), COLOURS),
    "webp with trailing bytes": Case(encode(RGB, "WEBP") + b"\0" * 100, COLOURS),
    "webp with a damaged profile": Case(encode(RGB, "WEBP", icc_profile=b"no profile"), COLOURS),
    "png with a damaged profile": Case(encode(RGB, "PNG", icc_profile=P3[:300]), COLOURS),
    "png with a profile for grey": Case(encode(RGB, "PNG", icc_profile=grey_profile(1.0)), COLOURS),
    "png with a profile for cmyk": Case(encode(RGB, "PNG", icc_profile=CMYK), COLOURS),
    "grey jpeg with a profile": Case(
        encode(LIGHT, "JPEG", icc_profile=grey_profile(1.0)), managed(LIGHT, grey_profile(1.0))
    ),
    "grey jpeg with an rgb profile": Case(encode(LIGHT, "JPEG", icc_profile=WIDE), managed(LIGHT.convert("RGB"), WIDE)),
    "png palette with a profile": Case(
        encode(RGB.quantize(4), "PNG", icc_profile=EXCHANGED), managed(RGB.quantize(4).convert("RGB"), EXCHANGED)
    ),
    "png rgba with a profile": Case(
        encode(quadrants("RGBA", RGBA), "PNG", icc_profile=EXCHANGED), (*managed(RGB, EXCHANGED)[:3], CLEAR)
    ),
    **{
        f"{file_format} in {name}": Case(encode(RGB, file_format, icc_profile=profile), managed(RGB, profile))
        for file_format in ("PNG", "JPEG", "WEBP")
        for name, profile in {"a wide space": WIDE, "display p3": P3, "exchanged primaries": EXCHANGED}.items()
    },
}
# The expected colours of the files above that have a transparent quadrant.
WITH_CLEAR = {
    "grey": (*grey(20, 90), CLEAR, *grey(230)),
    "rgba": (*COLOURS[:3], CLEAR),
    "palette": (*COLOURS[:3], CLEAR),
}


def shown(name: str) -> tuple[Any, ...]:
    words = name.split()
    return KINDS[name].shown or next(WITH_CLEAR[word] for word in words if word in WITH_CLEAR)


def assert_colours(content: bytes, expected: tuple[Any, ...]) -> None:
    found = colours_of(Pillow.open(io.BytesIO(content)))
    for value, colour in zip(found, expected, strict=True):
        if colour is CLEAR or value is CLEAR:
            assert value is colour, found
        else:
            assert value == pytest.approx(colour, abs=TOLERANCE), (found, expected)


@pytest.mark.parametrize("name", KINDS)
def test_the_thumbnail_looks_like_the_picture(name: str) -> None:
    content = KINDS[name].content
    picture = raster.prepare(content, "3:2")
    assert (picture.content == content, picture.width, picture.height) == (True, *SIZE)
    assert_colours(raster.thumbnail(picture.content), shown(name))


@pytest.mark.parametrize("name", KINDS)
def test_a_crop_and_its_thumbnail_look_like_the_picture(name: str) -> None:
    picture = raster.prepare(KINDS[name].content, "1:1")
    again = raster.prepare(picture.content, "1:1")
    assert (picture.width, picture.height, again.content == picture.content) == (160, 160, True)
    assert_colours(raster.thumbnail(picture.content), shown(name))
    assert_colours(raster.thumbnail(again.content), shown(name))


def test_the_table_contains_profiles_that_change_colours() -> None:
    for profile in (WIDE, P3, EXCHANGED):
        assert managed(RGB, profile) != COLOURS
    assert managed(RGB, EXCHANGED)[0][1] > managed(RGB, EXCHANGED)[0][0]


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
def test_a_crop_keeps_the_profile_and_a_thumbnail_has_none(file_format: str) -> None:
    picture = raster.prepare(encode(RGB, file_format, icc_profile=P3), "1:1")
    assert Pillow.open(io.BytesIO(picture.content)).info["icc_profile"] == P3
    assert "icc_profile" not in Pillow.open(io.BytesIO(raster.thumbnail(picture.content))).info


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_ratio_and_thumbnail_are_those_of_the_picture_as_shown(orientation: int, file_format: str) -> None:
    content = sideways(quadrants(size=(120, 160)), orientation, file_format)
    picture = raster.prepare(content, "3:4")
    assert (picture.content == content, picture.width, picture.height) == (True, 120, 160)
    assert Pillow.open(io.BytesIO(raster.thumbnail(picture.content))).size == (120, 160)
    assert_colours(raster.thumbnail(picture.content), (RED, GREEN, BLUE, GREY))


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_crop_is_upright_and_has_no_orientation(orientation: int, file_format: str) -> None:
    picture = raster.prepare(sideways(quadrants(size=(120, 240)), orientation, file_format), "3:4")
    assert (picture.width, picture.height) == (120, 160)
    cropped = Pillow.open(io.BytesIO(picture.content))
    assert (cropped.size, dict(cropped.getexif())) == ((120, 160), {})
    assert_colours(picture.content, COLOURS)
    assert_colours(raster.thumbnail(picture.content), COLOURS)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize(
    "exif", [b"Exif\0\0", b"Exif\0\0no exif", b"Exif\0\0II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\0\x09"]
)
def test_damaged_exif_is_ignored(exif: bytes) -> None:
    picture = raster.prepare(encode(RGB, "JPEG", exif=exif), "3:2")
    assert_colours(raster.thumbnail(picture.content), COLOURS)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_unknown_orientation_is_ignored(orientation: int) -> None:
    assert_colours(raster.thumbnail(raster.prepare(sideways(RGB, orientation), "3:2").content), COLOURS)


@pytest.mark.parametrize(
    ("size", "ratio", "expected"),
    [((6000, 40), "1:1", (40, 40)), ((40, 6000), "16:9", None), ((7000, 7000), "1:1", (7000, 7000))],
)
def test_extreme_sizes_are_cropped_or_rejected(
    size: tuple[int, int], ratio: str, expected: tuple[int, int] | None
) -> None:
    content = encode(Pillow.new("L", size, 90), "PNG")
    if expected is None:
        with pytest.raises(InvalidPicture, match="only 40 x 6000 pixels"):
            raster.prepare(content, ratio)
    else:
        picture = raster.prepare(content, ratio)
        assert (picture.width, picture.height) == expected
        assert max(Pillow.open(io.BytesIO(raster.thumbnail(picture.content))).size) == min(512, *expected)


@pytest.mark.parametrize("size", [(1, 1), (31, 31), (2000, 1), (1, 2000)])
@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
def test_a_file_of_a_few_pixels_is_rejected(size: tuple[int, int], file_format: str) -> None:
    with pytest.raises(InvalidPicture, match="only"):
        raster.prepare(encoded_picture(*size, file_format), "1:1")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    "content",
    [encoded_picture(1, 1), encoded_picture(2000, 1), encoded_picture(64, 64, "GIF"), encoded_picture(300, 300)[:-300]],
    ids=["one pixel", "a line", "gif", "cut"],
)
def test_a_file_that_cannot_be_the_picture_ends_in_a_refund(
    provider: ProviderStandIn, alice: User, content: bytes
) -> None:
    provider.respond_with(*[responses.content(content)] * 3)
    image = queued_image(alice)
    eventually(lambda: Image.objects.unfinished().count() == 0)
    image.refresh_from_db()
    assert (image.status, image.error_code, balance(alice)) == (Image.Status.FAILED, "provider_error", 100)
    assert len(provider.requests) == 2
