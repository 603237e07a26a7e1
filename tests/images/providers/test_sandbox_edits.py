"""Edits by the sandbox provider: what remains of the source, what changes, and what is written where."""

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from images.failures import ProviderFailed
from images.providers import sizes
from images.providers.sandbox import provider
from images.providers.sandbox.edits import region
from tests.images.providers.requests import failure, picture_request
from tests.images.providers.source_pictures import Box, gradient, mask, noise, source

MODEL = "openai:gpt-image-2"
SMALL: dict[str, Any] = {"prompt": "[sandbox:slow=0] make it a snowy forest", "resolution": "512"}
# JPEG changes blocks of 8 pixels, and within them each value by little.
BLOCK, COMPRESSION_MAX = 8, 24
SIZE = (640, 400)
CENTRE: Box = (200, 100, 480, 300)


async def edited(*sources: Any, **fields: Any) -> Image.Image:
    request = picture_request(MODEL, **{**SMALL, "aspect_ratio": "auto", "sources": sources, **fields})
    picture = Image.open(io.BytesIO((await provider.generate(request)).content))
    picture.load()
    return picture


def changed(one: Image.Image, other: Image.Image, *, by_more_than: int = 0) -> NDArray[np.bool_]:
    """Return for each pixel whether it differs."""
    values = [np.asarray(picture.convert("RGBA"), dtype=np.int16) for picture in (one, other)]
    return np.asarray(np.abs(values[0] - values[1]).max(axis=2) > by_more_than)


def marked(mask_file: bytes, size: tuple[int, int]) -> NDArray[np.bool_]:
    alpha = Image.open(io.BytesIO(mask_file)).getchannel("A").resize(size, Image.Resampling.NEAREST)
    return np.asarray(np.asarray(alpha) == 0)


def grown(area: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """Return the area and what is near to it."""
    grown = area.copy()
    for _ in range(pixels):
        grown[1:] |= grown[:-1].copy()
        grown[:-1] |= grown[1:].copy()
        grown[:, 1:] |= grown[:, :-1].copy()
        grown[:, :-1] |= grown[:, 1:].copy()
    return grown


def box_of(area: NDArray[np.bool_]) -> Box | None:
    return Image.fromarray(area).getbbox()


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp", None])
async def test_only_pixels_inside_the_mask_differ_from_the_source(output_format: str | None) -> None:
    base = gradient(*SIZE)
    # The box around this area is larger than the area.
    mask_file = mask(SIZE, CENTRE, (480, 150, 600, 300))
    result = await edited(source(base), mask=mask_file, output_format=output_format)
    assert (result.format or "").lower() == (output_format or "jpeg")
    expected, inside = base.resize(result.size, Image.Resampling.LANCZOS), marked(mask_file, result.size)
    if output_format == "png":
        assert not changed(result, expected)[~inside].any()
    assert not changed(result, expected, by_more_than=COMPRESSION_MAX)[~grown(inside, BLOCK)].any()
    assert changed(result, expected, by_more_than=COMPRESSION_MAX)[inside].mean() > 0.9


async def test_the_label_and_the_mark_stand_inside_the_mask() -> None:
    base, mask_file = source(gradient(*SIZE)), mask(SIZE, CENTRE)
    requests = [{"prompt": SMALL["prompt"]}, {"prompt": f"{SMALL['prompt']} quickly"}]
    first, second = [await edited(base, mask=mask_file, output_format="png", **request) for request in requests]
    difference, inside = changed(first, second), marked(mask_file, first.size)
    assert difference.any()
    assert not difference[~inside].any()


@pytest.mark.parametrize(
    "boxes", [[(10, 10, 26, 26)], [(0, 0, 1, 1)], [(0, 399, 640, 400)], [(5, 5, 6, 395)], [(0, 0, 40, 400)]]
)
async def test_a_small_or_narrow_mask_changes_no_other_pixel(boxes: list[Box]) -> None:
    base, mask_file = gradient(*SIZE, colour="white"), mask(SIZE, *boxes)
    result = await edited(source(base), source(noise(30, 30)), mask=mask_file, output_format="png", resolution="1K")
    expected, inside = base.resize(result.size, Image.Resampling.LANCZOS), marked(mask_file, result.size)
    difference = changed(result, expected)
    assert not difference[~inside].any()
    assert difference[inside].mean() > 0.5


async def test_without_a_mask_the_source_is_visible_and_changed_everywhere() -> None:
    base = gradient(*SIZE, colour="white")
    result = await edited(source(base), output_format="png")
    expected = base.resize(result.size)
    grey = [np.asarray(picture.convert("L"), dtype=np.float64) for picture in (result, expected)]
    rows = slice(result.height // 4, result.height * 3 // 4)
    assert np.corrcoef(grey[0][rows].ravel(), grey[1][rows].ravel())[0, 1] > 0.95
    assert changed(result, expected).mean() > 0.9


async def test_the_instruction_is_written_on_the_picture() -> None:
    base = source(gradient(*SIZE))
    # The words that select the colours are the same.
    results = [
        np.asarray(await edited(base, prompt=f"[sandbox:slow=0] snow, {word}", output_format="png"))
        for word in ("please", "thanks")
    ]
    difference = np.abs(results[0].astype(int) - results[1]).max(axis=2) > 0
    box = box_of(difference[difference.shape[0] * 2 // 3 :])
    assert box is not None
    assert difference[difference.shape[0] * 2 // 3 :, : difference.shape[1] // 2].any()


async def test_each_reference_is_an_inset() -> None:
    base, references = source(gradient(*SIZE)), [source(Image.new("RGB", (90, 60), c)) for c in ("red", "lime")]
    alone = await edited(base, output_format="png")
    for count in (1, 2):
        result = await edited(base, *references[:count], output_format="png")
        colours = {colour for _, colour in result.getcolors(result.width * result.height) or []}
        assert ((255, 0, 0) in colours, (0, 255, 0) in colours) == (True, count == 2)
        assert 0 < changed(alone, result).mean() < 0.05


async def test_fourteen_sources_fit_in_every_shape() -> None:
    references = [source(noise(20, 20))] * 13
    for shape in ((640, 80), (80, 640), (64, 64)):
        assert (await edited(source(gradient(*shape)), *references)).format == "JPEG"


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((640, 400), (640, 400)), ((64, 64), (512, 512)), ((4000, 400), (880, 288)), ((100, 2000), (288, 880))],
)
async def test_auto_is_the_shape_of_the_first_source_as_far_as_it_is_allowed(
    shape: tuple[int, int], expected: tuple[int, int]
) -> None:
    result = await edited(source(gradient(*shape)), source(gradient(30, 90)))
    assert result.size == sizes.like(*shape, "512") == expected


@pytest.mark.parametrize(("ratio", "resolution"), [("1:1", "512"), ("16:9", "1K"), ("4:5", "2K")])
async def test_a_ratio_crops_the_source_and_its_mask_alike(ratio: str, resolution: str) -> None:
    base = Image.new("RGB", SIZE, "navy")
    # The marked part, and nothing else, is white in the source.
    ImageDraw.Draw(base).rectangle((CENTRE[0], CENTRE[1], CENTRE[2] - 1, CENTRE[3] - 1), fill="white")
    result = await edited(
        source(base), mask=mask(SIZE, CENTRE), aspect_ratio=ratio, resolution=resolution, output_format="png"
    )
    assert result.size == sizes.pixels(ratio, resolution)
    navy = Image.new("RGB", result.size, "navy")
    box = box_of(changed(result, navy, by_more_than=200))
    assert box is not None
    # The edges of the white part were smoothed, and lie on the edges of the marked one.
    assert changed(result, navy, by_more_than=8).mean() < 0.6


@pytest.mark.parametrize("resolution", ["512", "1K", "2K", "4K"])
async def test_the_resolution_is_that_of_the_request(resolution: str) -> None:
    result = await edited(source(gradient(160, 90)), resolution=resolution, quality="low")
    assert result.size == sizes.like(160, 90, resolution)


async def test_each_quality_gives_other_pixels_of_the_same_picture() -> None:
    fine = source(noise(*SIZE))
    spread = [
        float(np.asarray((await edited(fine, quality=quality, output_format="png")).convert("L")).std())
        for quality in ("low", "medium", "high")
    ]
    assert spread[0] < spread[1] < spread[2]
    mask_file = mask(SIZE, CENTRE)
    low, high = [await edited(fine, mask=mask_file, quality=q, output_format="png") for q in ("low", "high")]
    difference = changed(low, high)
    assert difference[marked(mask_file, low.size)].mean() > 0.5
    assert not difference[~marked(mask_file, low.size)].any()


def sticker() -> Image.Image:
    """Return a red disc on a transparent ground, with a soft edge."""
    picture = Image.new("RGBA", SIZE)
    ImageDraw.Draw(picture).ellipse((100, 50, 540, 350), fill="red")
    ImageDraw.Draw(picture).ellipse((300, 180, 340, 220), fill=(0, 0, 255, 128))
    return picture


@pytest.mark.parametrize("output_format", ["png", "webp", None])
async def test_a_transparent_source_stays_transparent_outside_the_mask(output_format: str | None) -> None:
    mask_file = mask(SIZE, CENTRE)
    result = await edited(
        source(sticker()), mask=mask_file, background="transparent", output_format=output_format, resolution="1K"
    )
    assert result.mode == "RGBA"
    alpha = np.asarray(result.getchannel("A"), dtype=int)
    expected = np.asarray(sticker().resize(result.size, Image.Resampling.LANCZOS).getchannel("A"), dtype=int)
    outside = ~marked(mask_file, result.size)
    assert np.abs(alpha - expected)[outside].max() == 0
    assert set(np.unique(alpha[outside])) >= {0, 255}


async def test_a_transparent_source_keeps_its_alpha_without_a_mask() -> None:
    result = await edited(source(sticker()), background="transparent")
    alpha = np.asarray(result.getchannel("A"))
    middle = alpha[alpha.shape[0] // 4 : -alpha.shape[0] // 4]
    assert (middle[:, 0].max(), middle[middle.shape[0] // 2, middle.shape[1] // 4]) == (0, 255)


@pytest.mark.parametrize("mask_file", [None, mask(SIZE, CENTRE), mask(SIZE, (10, 10, 40, 40))])
async def test_an_opaque_source_becomes_transparent_where_it_changes(mask_file: bytes | None) -> None:
    result = await edited(source(gradient(*SIZE)), mask=mask_file, background="transparent")
    clear = np.asarray(result.getchannel("A")) < 255
    assert clear.any()
    if mask_file:
        assert not clear[~marked(mask_file, result.size)].any()


@pytest.mark.parametrize("background", ["opaque", None])
async def test_a_transparent_source_is_shown_on_white_in_an_opaque_picture(background: str | None) -> None:
    result = await edited(source(sticker()), mask=mask(SIZE, CENTRE), background=background, output_format="png")
    assert (result.mode, result.getpixel((2, 2))) == ("RGB", (255, 255, 255))


@pytest.mark.parametrize(
    "picture",
    [
        source(gradient(*SIZE).convert("P")),
        source(gradient(*SIZE).convert("L")),
        source(sticker().convert("LA")),
        source(gradient(*SIZE).convert("CMYK"), "JPEG"),
        source(sticker(), "WEBP"),
        source(Image.new("I;16", SIZE, 30_000)),
    ],
    ids=["palette", "grey", "grey with alpha", "CMYK", "WebP", "16 bits"],
)
async def test_every_kind_of_source_is_edited(picture: Any) -> None:
    assert (await edited(picture, mask=mask(SIZE, CENTRE))).size == (640, 400)
    assert (await edited(picture, background="transparent")).mode == "RGBA"


async def test_the_same_edit_gives_the_same_bytes() -> None:
    request = picture_request(MODEL, **SMALL, sources=[source(gradient(*SIZE))], mask=mask(SIZE, CENTRE))
    assert (await provider.generate(request)).content == (await provider.generate(request)).content


async def test_directives_work_in_edits() -> None:
    request = picture_request(MODEL, prompt="[sandbox:fail]", sources=[source(gradient(*SIZE))])
    assert type(await failure(provider.generate, request)) is ProviderFailed


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        ([(0, 0, 96, 96)], (0, 0, 96, 96)),
        ([(10, 20, 60, 40)], (10, 20, 60, 40)),
        ([(10, 0, 20, 96), (0, 50, 96, 90)], (0, 50, 96, 90)),
        ([(0, 0, 10, 10), (50, 50, 90, 60)], (50, 50, 90, 60)),
        ([], (0, 0, 96, 96)),
    ],
)
def test_the_largest_rectangle_of_an_area_is_found(boxes: list[Box], expected: Box) -> None:
    area = Image.new("L", (96, 96))
    for left, top, right, bottom in boxes:
        ImageDraw.Draw(area).rectangle((left, top, right - 1, bottom - 1), fill=255)
    assert region.largest_rectangle(area) == expected


def test_the_rectangle_is_inside_a_round_area() -> None:
    area = Image.new("L", (1000, 700))
    ImageDraw.Draw(area).ellipse((100, 50, 900, 650), fill=255)
    left, top, right, bottom = region.largest_rectangle(area)
    part = area.crop((left, top, right, bottom))
    assert (np.asarray(part) == 255).mean() > 0.999
    assert part.width * part.height > 0.45 * 800 * 600


def test_a_diagonal_line_gives_the_box_around_it() -> None:
    area = Image.new("L", (1000, 1000))
    ImageDraw.Draw(area).line((100, 100, 900, 900), fill=255, width=2)
    left, top, right, bottom = region.largest_rectangle(area)
    assert (left, top) <= (101, 101)
    assert (right, bottom) >= (900, 900)
