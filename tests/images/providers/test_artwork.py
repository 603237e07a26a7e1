"""The sandbox provider's renderer: its pictures depend on the request alone, and show it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from images.providers.sandbox import artwork
from images.providers.sandbox.artwork import choice, label
from images.providers.sandbox.artwork.palettes import NAMED
from images.providers.sandbox.artwork.scenes.catalogue import SCENES

SMALL = (192, 128)
SIZES = [(1536, 1024), (1024, 1536), (1536, 864), (864, 1536), (1024, 1024), (1536, 658), (1280, 960)]
LONG = "a very long prompt about a quiet valley " * 40

ODD_PROMPTS = ["", " \n\t ", "\x00\x07\x1b[31m", "🐕‍🦺🌊", "山の朝霧", "a\nb\r\nc", "\ud800 alone", "W" * 4000, LONG]

PROMPTS = {
    "A misty valley between mountains": "mountains",
    "Two hills, one volcano": "mountains",
    "A fjord with a clear reflection": "lake",
    "Calm OCEAN and waves": "sea",
    "A corgi on the beach": "sea",
    "Pine trees in the wolves' wood": "forest",
    "Desert dunes, long curves": "dunes",
    "Isometric city at night": "city",
    "Poured ink in cream and navy": "marble",
    "Leaves as a textile pattern": "leaves",
    "Midcentury poster": "arches",
    "Bauhaus shapes": "tiles",
    "A sphere on a podium": "podium",
    "Amber bottles for skincare": "bottle",
    "A ceramic vase": "vase",
    "Two cups of coffee": "cup",
    "A desk lamp": "lamp",
    "Pastel stairwell with a small arch": "stairs",
    "Linked rings": "rings",
    "just a sunset": "sea",
}


def render(prompt: str, *, model_name: str = "gpt-image-2", size: tuple[int, int] = SMALL) -> Image.Image:
    return artwork.render(prompt=prompt, model_name=model_name, size=size)


def choose(prompt: str, seed: int = 1) -> choice.Choice:
    return choice.choose(prompt, np.random.default_rng(seed))


def difference(first: Image.Image, second: Image.Image) -> float:
    return float(np.asarray(ImageChops.difference(first, second)).mean())


@pytest.mark.parametrize("size", SIZES)
def test_the_picture_has_exactly_the_requested_size(size: tuple[int, int]) -> None:
    picture = render("misty mountains at dawn", size=size)
    assert (picture.size, picture.mode) == (size, "RGB")


@pytest.mark.parametrize("prompt", dict.fromkeys(PROMPTS))
def test_every_scene_renders_at_odd_sizes(prompt: str) -> None:
    assert render(prompt, size=(131, 257)).size == (131, 257)
    assert render(prompt, size=(257, 101)).size == (257, 101)


@pytest.mark.parametrize("prompt", ["a forest", "a bottle", "ink", "a city", "something unnamed"])
def test_the_same_request_gives_the_same_pixels(prompt: str) -> None:
    assert render(prompt).tobytes() == render(prompt).tobytes()


def test_different_prompts_of_one_scene_give_different_pictures() -> None:
    assert difference(render("a mountain"), render("the mountain")) > 4


def test_another_model_gives_another_picture() -> None:
    assert difference(render("a mountain"), render("a mountain", model_name="gemini-3-pro-image-preview")) > 4


@pytest.mark.parametrize(("prompt", "scene"), PROMPTS.items())
def test_a_keyword_selects_its_scene(prompt: str, scene: str) -> None:
    assert {choose(prompt, seed).scene for seed in range(5)} == {scene}


def test_every_listed_scene_has_a_painter() -> None:
    assert set(choice.SCENES) == set(SCENES)


def test_part_of_a_word_is_not_a_keyword() -> None:
    assert len({choose("seasoned treetable", seed).scene for seed in range(40)}) > 4


def test_prompts_without_keywords_use_many_scenes() -> None:
    assert len({choose("nothing in particular", seed).scene for seed in range(80)}) >= 8


def test_the_time_of_day_selects_the_weather() -> None:
    assert choose("mountains at night").weather.dark
    assert not choose("mountains at dawn").weather.dark


def test_named_colours_come_first_among_the_inks() -> None:
    paper, ink, *_ = choose("poured ink in navy and cream").inks
    assert np.array_equal(paper, NAMED["cream"])
    assert np.array_equal(ink, NAMED["navy"])


def test_there_are_always_five_inks() -> None:
    named = " ".join(NAMED)
    assert {len(choose(prompt).inks) for prompt in ("ink", "red ink", "white, cream and ivory ink", named)} == {5}


@pytest.mark.parametrize("prompt", ODD_PROMPTS)
@pytest.mark.parametrize("size", [SMALL, (96, 170)])
def test_odd_prompts_render(prompt: str, size: tuple[int, int]) -> None:
    assert render(prompt, size=size).size == size


@settings(max_examples=25, deadline=None)
@given(prompt=st.text(max_size=80), model_name=st.text(max_size=30))
def test_any_text_renders(prompt: str, model_name: str) -> None:
    assert render(prompt, model_name=model_name, size=(64, 48)).size == (64, 48)


def test_text_without_glyphs_is_left_out_of_the_label() -> None:
    assert label.readable("a\tdog\n🐕 in 東京, Dvořák\x00 café") == "a dog in , Dvorák café"


@pytest.mark.parametrize("prompt", ["snow, white", "a dark forest at midnight", "bauhaus mosaic"])
def test_the_sandbox_mark_is_in_the_upper_right_corner(prompt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    marked = render(prompt, size=(768, 512))
    monkeypatch.setattr(label, "_put_mark", lambda *_: None)
    box = ImageChops.difference(marked, render(prompt, size=(768, 512))).getbbox()
    assert box is not None
    left, top, right, bottom = box
    assert 640 < left < right < 768
    assert 0 < top < bottom < 48


@pytest.mark.parametrize("size", [(768, 512), (432, 768), (768, 329)])
def test_the_label_stays_inside_a_lower_corner(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    labelled = render(LONG, size=size)
    monkeypatch.setattr(label, "_put_plate", lambda *_: None)
    box = ImageChops.difference(labelled, render(LONG, size=size)).getbbox()
    assert box is not None
    left, top, right, bottom = box
    assert left > 0
    assert top > size[1] * 0.75
    assert right < size[0]
    assert bottom < size[1]


def test_the_prompt_takes_two_lines_and_ends_in_an_ellipsis() -> None:
    font = label._font(label.TEXT_FONT, 16, 500)
    lines = label._wrap(LONG, font, 300)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert all(font.getlength(line) <= 300 for line in lines)


def test_the_label_text_is_white_on_the_dark_plate() -> None:
    corner = render("misty mountains", size=(768, 512)).crop((16, 440, 200, 500))
    values = np.asarray(corner.convert("L"))
    assert values.max() > 240
    assert np.median(values) < 90
