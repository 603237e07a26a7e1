"""Pictures of edits are reduced to the limits of a provider, and their mask with them."""

import io

import pytest
from PIL import Image

from images.providers import SourcePicture, source_sizes
from tests.images.providers.source_pictures import encode, gradient, mask, noise, source

NO_LIMIT = 10**9


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


def assert_is_described(picture: SourcePicture) -> None:
    decoded = opened(picture.content)
    assert (Image.MIME[decoded.format or ""], decoded.size) == (picture.media_type, (picture.width, picture.height))


def clear_noise(width: int, height: int) -> Image.Image:
    picture = noise(width, height)
    picture.putalpha(noise(width, height).getchannel("R"))
    return picture


def test_files_below_the_limits_are_sent_as_they_are() -> None:
    sources = [source(gradient(5000, 100)), source(gradient(30, 30), "WEBP"), source(clear_noise(20, 20))]
    mask_file = mask((5000, 100), (0, 0, 9, 9))
    found = source_sizes.under_limits(sources, mask_file, source_max_bytes=NO_LIMIT, mask_max_bytes=NO_LIMIT)
    assert found == (sources, mask_file)


def test_a_large_first_source_is_reduced_and_its_mask_with_it() -> None:
    first, other = source(noise(2400, 800)), source(gradient(40, 40))
    mask_file = mask((2400, 800), (0, 0, 1200, 800))
    (reduced, kept), scaled_mask = source_sizes.under_limits(
        [first, other], mask_file, source_max_bytes=len(first.content), mask_max_bytes=NO_LIMIT
    )
    assert kept is other
    assert (reduced.media_type, reduced.width, reduced.height) == ("image/jpeg", 2048, 683)
    assert_is_described(reduced)
    assert scaled_mask is not None
    alpha = opened(scaled_mask).getchannel("A")
    assert alpha.size == (2048, 683)
    assert {value for _, value in alpha.getcolors() or []} == {0, 255}
    assert alpha.crop((0, 0, 1024, 683)).getextrema() == (0, 0)
    assert alpha.crop((1025, 0, 2048, 683)).getextrema() == (255, 255)


def test_a_large_reference_is_reduced_without_the_mask() -> None:
    first, large = source(gradient(300, 200)), source(noise(2400, 800))
    mask_file = mask((300, 200), (0, 0, 9, 9))
    (kept, reduced), kept_mask = source_sizes.under_limits(
        [first, large], mask_file, source_max_bytes=len(large.content), mask_max_bytes=NO_LIMIT
    )
    assert (kept, kept_mask, reduced.width) == (first, mask_file, 2048)


def test_a_large_mask_is_reduced_and_the_first_source_with_it() -> None:
    first, other = source(gradient(2200, 1100)), source(gradient(2200, 1100))
    grains = noise(2200, 1100).getchannel("R").point(lambda value: 255 * (value > 127))
    speckled = Image.merge("RGBA", [Image.new("L", grains.size)] * 3 + [grains])
    mask_file = encode(speckled)
    limit = len(mask_file)
    (reduced, kept), scaled_mask = source_sizes.under_limits(
        [first, other], mask_file, source_max_bytes=NO_LIMIT, mask_max_bytes=limit
    )
    assert kept is other
    assert scaled_mask is not None
    assert len(scaled_mask) < limit
    assert opened(scaled_mask).size == (reduced.width, reduced.height) == (2048, 1024)


def test_a_file_that_is_large_for_its_size_is_encoded_again() -> None:
    large = source(noise(500, 500))
    (reduced,), _ = source_sizes.under_limits(
        [large], None, source_max_bytes=len(large.content), mask_max_bytes=NO_LIMIT
    )
    assert (reduced.width, reduced.height) == (500, 500)
    assert len(reduced.content) < len(large.content)


def test_a_picture_within_the_side_is_unchanged() -> None:
    assert source_sizes.within(small := source(gradient(2048, 100)), 2048) is small
    reduced = source_sizes.within(source(gradient(2049, 1024)), 2048)
    assert (reduced.width, reduced.height) == (2048, 1024)


@pytest.mark.parametrize(
    ("picture", "media_type"),
    [
        (source(clear_noise(300, 200)), "image/png"),
        (source(Image.new("RGBA", (300, 200), "red")), "image/jpeg"),
        (source(gradient(300, 200).convert("P")), "image/jpeg"),
        (source(gradient(300, 200).convert("CMYK"), "JPEG"), "image/jpeg"),
        (source(gradient(300, 200), "WEBP"), "image/jpeg"),
        (source(Image.new("I;16", (300, 200), 30_000)), "image/jpeg"),
    ],
    ids=["transparent", "opaque with alpha", "palette", "CMYK", "WebP", "16 bits"],
)
def test_only_transparent_pictures_become_png_files(picture: SourcePicture, media_type: str) -> None:
    reduced = source_sizes.within(picture, 150)
    assert (reduced.media_type, reduced.width, reduced.height) == (media_type, 150, 100)
    assert_is_described(reduced)


def test_a_turned_picture_is_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = source(gradient(400, 200), "JPEG", exif=exif)
    reduced = source_sizes.within(turned, 100)
    assert (reduced.width, reduced.height) == (50, 100)
    assert 0x0112 not in opened(reduced.content).getexif()


@pytest.mark.parametrize("count", [1, 5])
def test_pictures_together_are_below_the_limit(count: int) -> None:
    sources = [source(clear_noise(500, 500))] * count
    limit = 800_000
    reduced = source_sizes.under_total(sources, long_side=450, max_bytes=limit)
    assert len(reduced) == count
    assert sum(len(picture.content) for picture in reduced) < limit
    assert max(picture.width for picture in reduced) <= 450
    for picture in reduced:
        assert_is_described(picture)


def test_pictures_that_are_small_enough_together_are_unchanged() -> None:
    sources = [source(gradient(600, 400)), source(noise(50, 50), "WEBP")]
    assert source_sizes.under_total(sources, long_side=600, max_bytes=100_000) == sources


def test_a_small_picture_beside_large_ones_is_unchanged() -> None:
    small, large = source(gradient(60, 40)), source(noise(700, 700))
    reduced = source_sizes.under_total([large, small, large], long_side=2048, max_bytes=len(large.content))
    assert reduced[1] is small
    # As a JPEG it is small enough without fewer pixels.
    assert (reduced[0].media_type, reduced[0].width) == ("image/jpeg", 700)
