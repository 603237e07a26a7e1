"""Complete PNG files are recognized without decoding; whatever is accepted can be decoded."""

import io
import random
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from images.pictures import plain_png, raster
from tests.factories import encoded_picture

WIDTH, HEIGHT = 45, 40
ROW_BYTES = 1 + 3 * WIDTH
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


CHECK_WITH_LITTLE_MEMORY = """
import pathlib, resource, sys
from images.pictures import plain_png
content = pathlib.Path(sys.argv[1]).read_bytes()
pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0])
limit = pages * resource.getpagesize() + 100_000_000
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
print(plain_png.is_complete(content))
"""


def header(
    width: int = WIDTH, height: int = HEIGHT, depth: int = 8, colour_type: int = 2, *, interlace: int = 0
) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, interlace))


def rows(row_bytes: int = ROW_BYTES, height: int = HEIGHT, filter_type: int = 0) -> bytes:
    return (bytes([filter_type]) + bytes(row_bytes - 1)) * height


PIXELS = chunk(b"IDAT", zlib.compress(rows()))
END = chunk(b"IEND", b"")


def noise(mode: str) -> bytes:
    """Return a PNG of noise, whose rows have every filter type."""
    out = io.BytesIO()
    picture = Image.effect_noise((WIDTH, HEIGHT), 90)
    (picture.point(lambda value: value * 200).convert("I;16") if mode == "I;16" else picture.convert(mode)).save(
        out, "PNG"
    )
    return out.getvalue()


def decodes(content: bytes) -> bool:
    try:
        Image.open(io.BytesIO(content)).load()
    except raster.UNREADABLE:
        return False
    return True


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "I;16"])
def test_a_complete_file_is_recognized(mode: str) -> None:
    assert plain_png.is_complete(noise(mode))


@pytest.mark.parametrize(
    ("depth", "colour_type", "row_bytes"),
    [(1, 0, 7), (2, 0, 13), (4, 0, 24), (16, 0, 91), (16, 2, 271), (16, 4, 181), (8, 6, 181), (16, 6, 361)],
)
def test_every_depth_is_recognized(depth: int, colour_type: int, row_bytes: int) -> None:
    content = SIGNATURE + header(depth=depth, colour_type=colour_type)
    content += chunk(b"IDAT", zlib.compress(rows(row_bytes))) + END
    assert plain_png.is_complete(content)
    assert decodes(content)


def test_chunks_before_the_pixels_are_accepted_and_the_pixels_may_be_in_several() -> None:
    data = zlib.compress(rows())
    parts = [chunk(b"IDAT", data[start : start + 7]) for start in range(0, len(data), 7)]
    text = chunk(b"tEXt", b"Comment\0x") + chunk(b"paDd", bytes(100))
    content = SIGNATURE + header() + text + b"".join(parts) + END
    assert len(parts) > 1
    assert plain_png.is_complete(content)
    assert decodes(content)


DAMAGED = {
    "a row too few": SIGNATURE + header() + chunk(b"IDAT", zlib.compress(rows(height=HEIGHT - 1))) + END,
    "an unknown filter": SIGNATURE + header() + chunk(b"IDAT", zlib.compress(rows(filter_type=5))) + END,
    "a window too large": SIGNATURE + header() + chunk(b"IDAT", b"\x88\x1c" + zlib.compress(rows())[2:]) + END,
    "no pixels": SIGNATURE + header() + END,
    "no end": SIGNATURE + header() + PIXELS,
    "no header": SIGNATURE + PIXELS + END,
    "the end before the pixels": SIGNATURE + header() + END + PIXELS + END,
    "a second header": SIGNATURE + header() + header(height=1) + chunk(b"IDAT", zlib.compress(rows(height=1))) + END,
    "a header after the pixels": SIGNATURE + header() + PIXELS + header(height=1) + END,
    "a chunk before the header": SIGNATURE + chunk(b"tEXt", b"Comment\0x") + header() + PIXELS + END,
    "an unknown critical chunk": SIGNATURE + header() + chunk(b"XXXX", b"") + PIXELS + END,
    "an unknown depth": SIGNATURE + header(depth=4) + PIXELS + END,
    "an unknown colour type": SIGNATURE + header(colour_type=5) + PIXELS + END,
    "no PNG": encoded_picture(64, 64, "JPEG"),
    "nothing": b"",
}
FOR_A_DECODER = {
    "a row too many": SIGNATURE + header() + chunk(b"IDAT", zlib.compress(rows(height=HEIGHT + 1))) + END,
    "more after the end": SIGNATURE + header() + PIXELS + END + b"x",
    "a text after the pixels": SIGNATURE + header() + PIXELS + chunk(b"tEXt", b"Comment\0x") + END,
    "an animation": SIGNATURE + header() + chunk(b"acTL", struct.pack(">II", 1, 0)) + PIXELS + END,
    "a part of an animation": SIGNATURE + header() + chunk(b"fcTL", bytes(26)) + PIXELS + END,
    "a rotation": SIGNATURE + header() + chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\0") + PIXELS + END,
    "a palette": encoded_picture(64, 64, mode="P"),
}


@pytest.mark.parametrize("content", [*DAMAGED.values(), *FOR_A_DECODER.values()], ids=[*DAMAGED, *FOR_A_DECODER])
def test_any_other_file_is_left_to_a_decoder(content: bytes) -> None:
    assert not plain_png.is_complete(content)


def test_an_interlaced_file_is_left_to_a_decoder() -> None:
    assert not plain_png.is_complete(SIGNATURE + header(interlace=1) + PIXELS + END)


def test_no_more_is_inflated_than_the_picture_has(tmp_path: Path) -> None:
    # 500 MB of pixels in a file of half a megabyte, and 100 MB of memory for a process.
    packer = zlib.compressobj()
    data = b"".join([*(packer.compress(bytes(10_000_000)) for _ in range(50)), packer.flush()])
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(SIGNATURE + header() + chunk(b"IDAT", data) + END)
    command = [sys.executable, "-c", CHECK_WITH_LITTLE_MEMORY, str(bomb)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("False\n", 0), done.stderr


def damages(content: bytes) -> Iterator[bytes]:
    """Yield files that lack an end, have a changed bit, or a changed bit and a checksum that agrees with it."""
    chance = random.Random(1)  # noqa: S311 - repeatable
    for length in range(0, len(content), 97):
        yield content[:length]
    for _ in range(300):
        damaged = bytearray(content)
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        yield bytes(damaged)
    (pixels,) = content.split(b"IDAT")[1:]
    start, length = len(content) - len(pixels), len(pixels) - len(END) - 4
    for _ in range(300):
        data = bytearray(pixels[:length])
        data[chance.randrange(length)] ^= 1 << chance.randrange(8)
        yield content[: start - 8] + chunk(b"IDAT", bytes(data)) + END


@pytest.mark.parametrize("mode", ["RGB", "I;16"])
def test_whatever_is_accepted_can_be_decoded(mode: str) -> None:
    content = noise(mode)
    accepted = [damaged for damaged in damages(content) if plain_png.is_complete(damaged)]
    assert [damaged for damaged in accepted if not decodes(damaged)] == []
    assert len(accepted) < 10


def test_a_text_that_a_decoder_refuses_is_refused() -> None:
    texts, out = PngInfo(), io.BytesIO()
    texts.add_text("Comment", "x" * 10_000_000, zip=True)
    Image.new("RGB", (64, 64)).save(out, "PNG", pnginfo=texts)
    with pytest.raises(raster.InvalidPicture):
        raster.prepare(out.getvalue(), "1:1")
