"""`make demo`: generate one image end to end, as an MCP client does."""

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
ASPECT_RATIO_TOLERANCE = 0.02
CALL_TIMEOUT_SECONDS = 800
PICTURE_FILE = Path("demo.png")


class Command(BaseCommand):
    help = (
        "Start the service on a free port, generate one image over MCP with a new API key, download it by its link, "
        "and stop. The environment variables MODEL and PROMPT change the call."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with self.step("database ready"):
            call_command("migrate", verbosity=0)
            key, secret = api_keys.create(first_data.demo_user(), name="Demo")
        try:
            self.run_demo(secret)
        except* (ChildProcessError, TimeoutError, httpx2.HTTPError, MCPError) as group:
            raise CommandError("; ".join(f"{type(error).__name__}: {error}" for error in group.exceptions)) from group
        finally:
            api_keys.revoke(key)

    def run_demo(self, secret: str) -> None:
        started_at = time.monotonic()
        with launcher.running(launcher.free_port()) as running:
            self.report("web and worker started", started_at)
            asyncio.run(self.generate_image(running.url, secret))
            started_at = time.monotonic()
        self.report("everything stopped", started_at)

    async def generate_image(self, url: str, secret: str) -> None:
        headers = {"Authorization": f"Bearer {secret}"}
        async with httpx2.AsyncClient(headers=headers, timeout=CALL_TIMEOUT_SECONDS) as http:
            transport = streamable_http_client(f"{url}/api/mcp", http_client=http, max_sse_event_size=None)
            started_at = time.monotonic()
            async with Client(transport, read_timeout_seconds=CALL_TIMEOUT_SECONDS) as client:
                self.report(f"MCP client connected (protocol {client.protocol_version})", started_at)
                with self.step("picture generated"):
                    result = await client.call_tool("getimages_generate_image", self.arguments())
        await self.check_result(result)

    def arguments(self) -> dict[str, str]:
        return {
            "prompt": os.environ.get("PROMPT") or DEFAULT_PROMPT,
            "modelId": os.environ.get("MODEL") or DEFAULT_MODEL,
            "aspectRatio": "{}:{}".format(*ASPECT_RATIO),
        }

    async def check_result(self, result: types.CallToolResult) -> None:
        """Save the picture, download it by its link, and check that both are equal and have the right aspect ratio."""
        fields, content = result.structured_content, picture_content(result)
        if result.is_error or fields is None or content is None:
            raise CommandError(f"The tool call failed: {text_content(result)}")
        await asyncio.to_thread(PICTURE_FILE.write_bytes, content)
        with self.step("picture downloaded by its link"):
            async with httpx2.AsyncClient() as anonymous:
                fetched = (await anonymous.get(fields["imageUrl"])).raise_for_status().content
        if fetched != content:
            raise CommandError("The link returned a different picture than the tool call.")
        width, height = Image.open(io.BytesIO(content)).size
        if abs(width / height * ASPECT_RATIO[1] / ASPECT_RATIO[0] - 1) > ASPECT_RATIO_TOLERANCE:
            raise CommandError(f"The picture is {width} x {height} pixels, which is not the requested aspect ratio.")
        self.stdout.write(f"{PICTURE_FILE}: {width} x {height}, {len(content)} bytes, {fields['mediaType']}")
        self.stdout.write("charged {charged} credits, {remaining} remaining".format(**fields["credits"]))

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        started_at = time.monotonic()
        yield
        self.report(name, started_at)

    def report(self, name: str, started_at: float) -> None:
        self.stdout.write(f"{time.monotonic() - started_at:6.2f} s  {name}")


def picture_content(result: types.CallToolResult) -> bytes | None:
    """Return the bytes of the result's image block, or None if it has none."""
    blocks = [block for block in result.content if isinstance(block, types.ImageContent)]
    return base64.b64decode(blocks[0].data) if blocks else None


def text_content(result: types.CallToolResult) -> str:
    """Return the text of the result's text blocks."""
    return " ".join(block.text for block in result.content if isinstance(block, types.TextContent))
