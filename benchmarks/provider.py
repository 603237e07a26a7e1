"""A provider that speaks OpenAI's wire format, takes as long as a prompt says, and remembers when it was asked.

The stand-in of the tests answers whatever a test scripts; this one only has to be quick, for hundreds of calls at once.
Its clock is the machine's, the same for every process.
"""

import argparse
import asyncio
import base64
import io
import json
import sys
import time
from typing import Final

import numpy as np
import uvloop
from PIL import Image
from PIL.PngImagePlugin import PngInfo

PICTURE_BYTES = 1024 * 1024
SIDE_PIXELS = 1024
# So much noise that the compressed picture is a little smaller than it is to be; a chunk that readers skip fills it up.
NOISE_LEVELS = 3
BACKLOG = 2048


def picture() -> bytes:
    """Return a PNG of one mebibyte that takes as long to read as a real one."""
    random = np.random.default_rng(1)
    ramp = np.linspace(0, 200, SIDE_PIXELS, dtype=np.uint8)
    noise = random.integers(0, NOISE_LEVELS, (SIDE_PIXELS, SIDE_PIXELS, 3), dtype=np.uint8)
    made = Image.fromarray(noise + ramp[:, None, None])
    small = _png(made, b"")
    return _png(made, bytes(PICTURE_BYTES - len(small)))


def _png(made: Image.Image, padding: bytes) -> bytes:
    extra, out = PngInfo(), io.BytesIO()
    extra.add(b"paDd", padding)
    made.save(out, "PNG", pnginfo=extra)
    return out.getvalue()


class Provider:
    """Answers each request with the picture; knows of each prompt when it came and when its answer began."""

    def __init__(self) -> None:
        body = json.dumps({"created": 0, "data": [{"b64_json": base64.b64encode(picture()).decode()}]}).encode()
        self._answer: Final = _ok(body)
        self._times: dict[str, tuple[float, float]] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests until it is closed."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
                content = await reader.readexactly(length)
                writer.write(await self._made(json.loads(content)) if length else _ok(json.dumps(self._times).encode()))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _made(self, asked: dict[str, str]) -> bytes:
        came = time.monotonic()
        prompt = asked["prompt"]
        # "Picture 17 in 20 s"
        await asyncio.sleep(float(prompt.split()[-2]))
        self._times[prompt] = (came, time.monotonic())
        return self._answer


def _ok(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _run(port: int) -> None:
    server = await asyncio.start_server(Provider().serve, "127.0.0.1", port, backlog=BACKLOG)
    await server.serve_forever()


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    uvloop.run(_run(parser.parse_args().port))


if __name__ == "__main__":
    sys.exit(main())
