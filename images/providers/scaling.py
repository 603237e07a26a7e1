"""Reduces the pictures of an edit to what a provider accepts."""

import io

from PIL import Image

from images.providers import SourcePicture

JPEG_QUALITY = 92


def within(source: SourcePicture, long_side: int) -> SourcePicture:
    """Return the picture with sides of at most `long_side` pixels; a smaller one is returned unchanged."""
    if max(source.width, source.height) <= long_side:
        return source
    with Image.open(io.BytesIO(source.content)) as opened:
        picture = opened.convert("RGBA" if opened.has_transparency_data else "RGB")
    picture.thumbnail((long_side, long_side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    if picture.mode == "RGBA":
        picture.save(out, "PNG")
        return SourcePicture(out.getvalue(), "image/png", *picture.size)
    picture.save(out, "JPEG", quality=JPEG_QUALITY)
    return SourcePicture(out.getvalue(), "image/jpeg", *picture.size)
