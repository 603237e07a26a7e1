"""The sandbox's version of an edit: the first source with a change that the prompt selects, and its references."""

import io
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from PIL import Image, ImageOps

from images.pictures import colour, raster
from images.providers.sandbox.artwork import composition, detail, label, sticker
from images.providers.sandbox.artwork.colour import to_tuple
from images.providers.sandbox.edits import insets, region

# A picture whose shape differs from the requested one by at most this factor is stretched; another one is cropped.
SHAPE_TOLERANCE: Final = 1.05
# How far the colours of the edited picture move towards those of the prompt if no mask limits the change.
TINT_SHARE: Final = 0.4
# Scenes need some pixels to paint on. A smaller part of a picture gets a reduced scene.
SCENE_SIDE_MIN_PIXELS: Final = 64
# An inset of a picture in 4K is smaller.
INSET_SIDE_MAX_PIXELS: Final = 1024
OPAQUE: Final = 255


class Instruction(NamedTuple):
    """The prompt and model name, which select the change and are written on the picture, and the quality if any."""

    prompt: str
    model_name: str
    quality: str | None


def edit(
    instruction: Instruction,
    *,
    size: tuple[int, int],
    sources: Iterable[bytes],
    mask: bytes | None = None,
    transparent: bool = False,
) -> Image.Image:
    """Return the first source in exactly `size`, changed and labelled; the other sources are insets.

    Args:
        instruction: Selects the change and is the text of the label.
        size: Width and height in pixels.
        sources: The files of the pictures, of which one at a time is decoded in full size.
        mask: A PNG with the size of the first source. Only where it is transparent, pixels differ from the source.
        transparent: Whether the picture has transparency, in RGBA; otherwise it is RGB, and a transparent source is
            shown on white.
    """
    files = iter(sources)
    base = _fit(_decode(next(files)), size, Image.Resampling.LANCZOS)
    references = [_reduce(_decode(content)) for content in files]
    base = base.convert("RGBA") if transparent else _on_white(base)
    if mask is None:
        changed = _tint(base, instruction)
        if transparent and changed.getchannel("A").getextrema() == (OPAQUE, OPAQUE):
            changed = sticker.cut_out(changed.convert("RGB"))
        _annotate(changed, instruction, references, (0, 0, *size))
        return changed
    marked = _fit(_marked_area(mask), size, Image.Resampling.NEAREST)
    changed = base.copy()
    left, top, right, bottom = box = marked.getbbox() or (0, 0, *size)
    changed.paste(_scene(instruction, (right - left, bottom - top), transparent=transparent), box)
    _annotate(changed, instruction, references, region.largest_rectangle(marked))
    return Image.composite(changed, base, marked)


def _decode(content: bytes) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=raster.FORMATS) as opened:
        return colour.to_srgb(colour.to_eight_bits(opened), opened.info.get("icc_profile"))


def _reduce(reference: Image.Image) -> Image.Image:
    """Return a reference in about the size of the largest inset."""
    factor = INSET_SIDE_MAX_PIXELS / min(reference.size)
    if factor >= 1:
        return reference
    return reference.resize((round(reference.width * factor), round(reference.height * factor)), Image.Resampling.BOX)


def _marked_area(mask: bytes) -> Image.Image:
    """Return the area to change as a picture in mode L: 255 where the mask is transparent."""
    with Image.open(io.BytesIO(mask), formats=["PNG"]) as opened:
        return ImageOps.invert(opened.convert("RGBA").getchannel("A"))


def _fit(picture: Image.Image, size: tuple[int, int], resampling: Image.Resampling) -> Image.Image:
    """Return the picture in this size. A source and its mask, which have the same size, still match."""
    difference = (picture.width * size[1]) / (picture.height * size[0])
    if 1 / SHAPE_TOLERANCE <= difference <= SHAPE_TOLERANCE:
        return picture.resize(size, resampling)
    return ImageOps.fit(picture, size, resampling)


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode == "RGB":
        return picture
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")


def _tint(base: Image.Image, instruction: Instruction) -> Image.Image:
    """Return the picture with the detail of the quality, and with the colours of the prompt."""
    level = detail.LEVELS[instruction.quality or detail.DEFAULT]
    scale = min(1.0, level.scale)
    reduced = (max(1, round(base.width * scale)), max(1, round(base.height * scale)))
    picture = detail.fit(base.convert("RGB").resize(reduced, Image.Resampling.BOX), base.size, level)
    dark, light = composition.tones(prompt=instruction.prompt, model_name=instruction.model_name)
    toned = ImageOps.colorize(picture.convert("L"), to_tuple(dark), to_tuple(light))
    picture = Image.blend(picture, toned, TINT_SHARE)
    if base.mode == "RGBA":
        picture.putalpha(base.getchannel("A"))
    return picture


def _scene(instruction: Instruction, size: tuple[int, int], *, transparent: bool) -> Image.Image:
    """Return the scene of the prompt in this size, as a sticker if the picture is transparent."""
    large = (max(SCENE_SIDE_MIN_PIXELS, size[0]), max(SCENE_SIDE_MIN_PIXELS, size[1]))
    scene = composition.paint_in_quality(**instruction._asdict(), size=large)
    return (sticker.cut_out(scene) if transparent else scene).resize(size, Image.Resampling.BOX)


def _annotate(
    picture: Image.Image, instruction: Instruction, references: Sequence[Image.Image], area: region.Box
) -> None:
    """Draw the references, the label and the mark into the area, as large as fits."""
    part = picture.crop(area)
    em = label.em_within(picture.size, part.size)
    insets.put(part, references, em=em)
    label.put(part, prompt=instruction.prompt, model_name=instruction.model_name, em=em)
    picture.paste(part, area)
