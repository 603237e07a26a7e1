"""The main job once, end to end, as an agent does it: what `make demo` runs."""

import asyncio
import base64
import io
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import mcp_types as types
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from PIL import Image

from accounts import api_keys
from development import first_data, launcher

DEFAULT_MODEL = "openai:gpt-image-2"
DEFAULT_PROMPT = "Layered hills at dawn, mist in the valleys, one pale sun"
ASPECT_RATIO = (3, 2)
SHAPE_TOLERANCE = 0.02
CALL_TIMEOUT_SECONDS = 800
PICTURE_FILE = Path("demo.png")


class Command(BaseCommand):
    help = (
        "Start the service on a free port, make one picture over MCP with a new key, fetch it by its link, and stop. "
        "The environment variables MODEL and PROMPT change the call."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with self.step("database ready"):
            call_command("migrate", verbosity=0)
            key, secret = api_keys.create(first_data.demo_user(), name="Demonstration")
        try:
            self.demonstrate(secret)
        except* (ChildProcessError, TimeoutError, httpx2.HTTPError, MCPError) as group:
            raise CommandError("; ".join(f"{type(error).__name__}: {error}" for error in group.exceptions)) from group
        finally:
            api_keys.revoke(key)

    def demonstrate(self, secret: str) -> None:
        begun = time.monotonic()
        with launcher.running(launcher.free_port()) as running:
            self.report("web and worker started", begun)
            asyncio.run(self.make_picture(running.url, secret))
            begun = time.monotonic()
        self.report("everything stopped", begun)

    async def make_picture(self, url: str, secret: str) -> None:
        headers = {"Authorization": f"Bearer {secret}"}
        async with httpx2.AsyncClient(headers=headers, timeout=CALL_TIMEOUT_SECONDS) as http:
            transport = streamable_http_client(f"{url}/api/mcp", http_client=http, max_sse_event_size=None)
            begun = time.monotonic()
            async with Client(transport, read_timeout_seconds=CALL_TIMEOUT_SECONDS) as client:
                self.report(f"MCP client connected (protocol {client.protocol_version})", begun)
                with self.step("picture generated"):
                    result = await client.call_tool("getimages_generate_image", self.arguments())
        await self.check_picture(result)

    def arguments(self) -> dict[str, str]:
        return {
            "prompt": os.environ.get("PROMPT") or DEFAULT_PROMPT,
            "modelId": os.environ.get("MODEL") or DEFAULT_MODEL,
            "aspectRatio": "{}:{}".format(*ASPECT_RATIO),
        }

    async def check_picture(self, result: types.CallToolResult) -> None:
        """Save what came, fetch it again by its link, and stop unless both are the picture that was asked for."""
        facts, content = result.structured_content, picture_in(result)
        if result.is_error or facts is None or content is None:
            raise CommandError(f"The call failed: {text_in(result)}")
        await asyncio.to_thread(PICTURE_FILE.write_bytes, content)
        with self.step("picture fetched by its link"):
            async with httpx2.AsyncClient() as anybody:
                fetched = (await anybody.get(facts["imageUrl"])).raise_for_status().content
        if fetched != content:
            raise CommandError("The link leads to other bytes than the call returned.")
        width, height = Image.open(io.BytesIO(content)).size
        if abs(width / height * ASPECT_RATIO[1] / ASPECT_RATIO[0] - 1) > SHAPE_TOLERANCE:
            raise CommandError(f"The picture is {width} x {height}, which is not what was asked for.")
        self.stdout.write(f"{PICTURE_FILE}: {width} x {height}, {len(content)} bytes, {facts['mediaType']}")
        self.stdout.write("charged {charged} credits, {remaining} remain".format(**facts["credits"]))

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self.report(what, begun)

    def report(self, what: str, begun: float) -> None:
        self.stdout.write(f"{time.monotonic() - begun:6.2f} s  {what}")


def picture_in(result: types.CallToolResult) -> bytes | None:
    """Return the bytes of the result's image block, if it has one."""
    blocks = [block for block in result.content if isinstance(block, types.ImageContent)]
    return base64.b64decode(blocks[0].data) if blocks else None


def text_in(result: types.CallToolResult) -> str:
    """Return the result's words."""
    return " ".join(block.text for block in result.content if isinstance(block, types.TextContent))
