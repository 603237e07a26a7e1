"""A server with OpenAI's wire format that waits as long as the prompt states and records its request times.

The fake provider of the tests returns scripted responses; this one handles hundreds of concurrent requests with
little overhead. Its times are from the monotonic clock, which all processes of a machine share.
"""

import argparse
import asyncio
import base64
import json
import time
from typing import Final

import uvloop

from benchmarks import pictures

MEBIBYTE = 1024 * 1024
# The side of a picture of one MiB.
SIDE_PIXELS = 1024
BACKLOG = 2048


def _picture(mebibytes: int) -> bytes:
    """Return a PNG of exactly this size."""
    picture = pictures.noise(int(SIDE_PIXELS * mebibytes**0.5))
    return pictures.png(picture, bytes(mebibytes * MEBIBYTE - len(pictures.png(picture))))


class Provider:
    """Returns the picture for each POST, and for a GET the times of each prompt: request received, response started."""

    def __init__(self, mebibytes: int) -> None:
        content = base64.b64encode(_picture(mebibytes)).decode()
        body = json.dumps({"created": 0, "data": [{"b64_json": content}]}).encode()
        self._picture_response: Final = _ok(body)
        self._times: dict[str, tuple[float, float]] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handle the requests of one connection until it is closed."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
                content = await reader.readexactly(length)
                if length:
                    writer.write(await self._generate(_prompt(content)))
                else:
                    writer.write(_ok(json.dumps(self._times).encode()))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _generate(self, prompt: str) -> bytes:
        received = time.monotonic()
        # The prompt is "Picture 17 in 20 s".
        await asyncio.sleep(float(prompt.split()[-2]))
        self._times[prompt] = (received, time.monotonic())
        return self._picture_response


def _prompt(content: bytes) -> str:
    """Return the prompt of a JSON body, or of the form of an edit."""
    if content.startswith(b"{"):
        prompt: str = json.loads(content)["prompt"]
        return prompt
    return content.partition(b'name="prompt"\r\n\r\n')[2].partition(b"\r\n")[0].decode()


def _ok(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _run(port: int, mebibytes: int) -> None:
    server = await asyncio.start_server(Provider(mebibytes).serve, "127.0.0.1", port, backlog=BACKLOG)
    await server.serve_forever()


def main() -> None:
    """Serve until the process is terminated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--mebibytes", type=int, default=1, help="size of the picture")
    arguments = parser.parse_args()
    uvloop.run(_run(arguments.port, arguments.mebibytes))


if __name__ == "__main__":
    main()
