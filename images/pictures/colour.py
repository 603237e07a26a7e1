"""Converts a decoded picture to 8-bit sRGB, as a colour-managed viewer shows it."""

import io
from typing import Final

from PIL import Image, ImageCms, ImageMath

# The mode in which a profile of each colour space (the name in an ICC header) is applied.
PROFILE_MODES: Final = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
SIXTEEN_BIT_GREY = "I;16"
MAX_PROFILE_BYTES = 4 * 1024 * 1024


def to_eight_bits(picture: Image.Image) -> Image.Image:
    """Return a copy of the picture in RGB, RGBA, L, LA or CMYK, in its own colour space."""
    if picture.mode == SIXTEEN_BIT_GREY:
        return _from_sixteen_bits(picture)
    has_alpha = picture.has_transparency_data
    if picture.mode in {"1", "L", "LA"}:
        return picture.convert("LA" if has_alpha else "L")
    if picture.mode == "CMYK":
        return picture.copy()
    return picture.convert("RGBA" if has_alpha else "RGB")


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return a picture from `to_eight_bits` as RGB or RGBA in sRGB.

    A profile that is damaged, or that belongs to another kind of picture, is ignored, as viewers do.
    """
    mode = "RGBA" if picture.mode in {"RGBA", "LA"} else "RGB"
    converted = _apply(profile, picture) if profile and len(profile) <= MAX_PROFILE_BYTES else None
    if converted is None:
        return picture.convert(mode)
    if mode == "RGBA":
        converted.putalpha(picture.getchannel("A"))
    return converted


def _apply(profile: bytes, picture: Image.Image) -> Image.Image | None:
    colours = picture.convert(picture.mode.removesuffix("A"))
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = PROFILE_MODES.get(source.profile.xcolor_space.strip())
        # Viewers decode a grey picture to RGB, where an RGB profile applies as well.
        if mode == "RGB" and colours.mode == "L":
            colours = colours.convert("RGB")
        if mode != colours.mode:
            return None
        return ImageCms.profileToProfile(colours, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _from_sixteen_bits(picture: Image.Image) -> Image.Image:
    # Pillow's own conversion turns every value above 255 into white, which is nearly all of the picture.
    grey = picture.point(lambda value: value * (1 / 257) + 0.5).convert("L")
    clear = picture.info.get("transparency")
    if isinstance(clear, int):
        values = picture.convert("I")
        grey.putalpha(ImageMath.lambda_eval(lambda bands: (bands["v"] != clear) * 255, v=values).convert("L"))
    return grey
