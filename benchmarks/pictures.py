"""Pictures that take as long to decode as real ones, and whose files are hardly smaller than a real picture's."""

import io
from typing import Final

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

# With this much noise, the file of a picture of 1024 x 1024 pixels is slightly smaller than 1 MiB.
NOISE_LEVELS: Final = 3


def noise(side: int) -> Image.Image:
    """Return a square picture of noise on a ramp."""
    random = np.random.default_rng(1)
    ramp = np.linspace(0, 200, side, dtype=np.uint8)
    levels = random.integers(0, NOISE_LEVELS, (side, side, 3), dtype=np.uint8)
    return Image.fromarray(levels + ramp[:, None, None])


def png(picture: Image.Image, padding: bytes = b"") -> bytes:
    """Return the PNG of a picture with an ancillary chunk of this content, which decoders skip."""
    chunks, out = PngInfo(), io.BytesIO()
    chunks.add(b"paDd", padding)
    picture.save(out, "PNG", pnginfo=chunks)
    return out.getvalue()
