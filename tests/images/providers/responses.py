"""Responses of the stand-in: each scenario in the wire format of the provider that received the request."""

import base64
import functools
import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from images.providers import sizes

# The sizes of Gemini's image models at 1K. Some differ slightly from the ratio, as in reality.
GOOGLE_SIZES: Final = {
    "1:1": (1024, 1024),
    "3:2": (1248, 832),
    "2:3": (832, 1248),
    "16:9": (1344, 768),
    "9:16": (768, 1344),
    "4:3": (1184, 864),
    "3:4": (864, 1184),
    "21:9": (1536, 672),
}


class ReceivedFile(NamedTuple):
    """A file of a multipart form (field and file name), or a picture in a part of a Google request (both empty)."""

    field: str
    name: str
    media_type: str
    content: bytes

    @property
    def size(self) -> tuple[int, int]:
        """Its width and height in pixels."""
        return Image.open(io.BytesIO(self.content)).size


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One request that the stand-in received; the body of a multipart form has its text fields, without the files."""

    provider: Literal["openai", "google"]
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    form_files: tuple[ReceivedFile, ...] = ()

    @property
    def model(self) -> str:
        return str(self.body["model"]) if self.provider == "openai" else self.path.split("/models/")[1].split(":")[0]

    @property
    def prompt(self) -> str:
        if self.provider == "openai":
            return str(self.body["prompt"])
        return str(self._google_parts[-1]["text"])

    @property
    def files(self) -> list[ReceivedFile]:
        """The pictures of an edit, in order."""
        if self.provider == "openai":
            return list(self.form_files)
        inline = [part["inlineData"] for part in self._google_parts if "inlineData" in part]
        # The SDK sends this field under its protocol-buffer name, and base64 for URLs; Google accepts these as well.
        return [
            ReceivedFile("", "", part["mime_type"], base64.b64decode(part["data"], altchars="-_", validate=True))
            for part in inline
        ]

    @property
    def _google_parts(self) -> list[dict[str, Any]]:
        parts: list[dict[str, Any]] = self.body["contents"][0]["parts"]
        return parts

    @property
    def size(self) -> tuple[int, int]:
        """The width and height of the picture that this provider would return."""
        if self.provider == "openai":
            # A compatible server need not accept a size.
            width, height = self.body.get("size", "1024x1024").split("x")
            return int(width), int(height)
        options = self.body["generationConfig"]["imageConfig"]
        resolution = options.get("imageSize", "1K")
        if "aspectRatio" not in options:
            return sizes.like(*self.files[0].size, resolution)
        ratio = options["aspectRatio"]
        if resolution == "1K" and ratio in GOOGLE_SIZES:
            return GOOGLE_SIZES[ratio]
        return sizes.pixels(ratio, resolution)


@dataclass(frozen=True, slots=True)
class Response:
    """A response as sent over the wire; `ending` defines how its body ends."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    ending: Literal["whole", "broken", "never", "trickle"] = "whole"


Script = Callable[[ReceivedRequest], Response]


@functools.lru_cache(maxsize=64)
def png(width: int = 64, height: int = 64, *, colour: str = "teal", size_bytes: int = 0) -> bytes:
    """Return a real PNG of this size, padded to `size_bytes` with a chunk that readers skip."""
    padding = PngInfo()
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    missing = size_bytes - len(out.getvalue()) - 12
    if missing <= 0:
        return out.getvalue()
    padding.add(b"paDd", os.urandom(missing))
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG", pnginfo=padding)
    return out.getvalue()


@functools.lru_cache(maxsize=64)
def encoded(width: int, height: int, *options: str) -> bytes:
    """Return a picture with these options: a format, and `transparent` for a clear left half."""
    kind = next(name for name in ("jpeg", "webp", "png") if name in {*options, "png"})
    picture = Image.new("RGBA" if "transparent" in options else "RGB", (width, height), "teal")
    if "transparent" in options:
        picture.paste((0, 0, 0, 0), (0, 0, width // 2, height))
    out = io.BytesIO()
    picture.save(out, kind.upper())
    return out.getvalue()


def json_response(body: object, status: int = 200, **headers: str) -> Response:
    """Return a JSON response; underscores in header names become hyphens."""
    hyphenated = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(json.dumps(body).encode(), status, {"Content-Type": "application/json", **hyphenated})


# Scenarios of either provider


def picture(width: int = 0, height: int = 0, *, size_bytes: int = 0) -> Script:
    """Return a real PNG, or what OpenAI's options ask for, in the requested size by default."""

    def respond(request: ReceivedRequest) -> Response:
        options = {request.body.get("background", "opaque"), request.body.get("output_format", "png")}
        if options != {"opaque", "png"}:
            return _with_content(request.provider, encoded(*request.size, *sorted(options)))
        return _picture(request.provider, *((width, height) if width else request.size), size_bytes)

    return respond


@functools.lru_cache(maxsize=64)
def _picture(provider: str, width: int, height: int, size_bytes: int) -> Response:
    return _with_content(provider, png(width, height, size_bytes=size_bytes))


def _with_content(provider: str, content: bytes) -> Response:
    if provider == "openai":
        return openai_data([{"b64_json": base64.b64encode(content).decode()}])
    return candidate(picture_part(content))


def content(data: bytes) -> Script:
    """Return these bytes in place of a picture."""
    return lambda request: _with_content(request.provider, data)


garbage: Final = content(b"These bytes are no picture.")
wrong_shape: Final = picture(900, 300)


def status(number: int, **headers: str) -> Script:
    """Return an error in the provider's format, without further details."""

    def respond(request: ReceivedRequest) -> Response:
        error = {"message": f"Status {number}.", "code": None if request.provider == "openai" else number}
        return json_response({"error": error}, number, **headers)

    return respond


def broken(_: ReceivedRequest) -> Response:
    """Close the connection in the middle of the body."""
    return Response(b"{" * 1000, headers={"Content-Type": "application/json"}, ending="broken")


def hang(_: ReceivedRequest) -> Response:
    """Send nothing until the client disconnects."""
    return Response(ending="never")


def trickle(_: ReceivedRequest) -> Response:
    """Send the body byte by byte for some seconds, so that no read timeout applies."""
    return Response(ending="trickle")


def page(_: ReceivedRequest) -> Response:
    """Return an HTML page with status 200, as a proxy may do."""
    return Response(b"<html>Welcome</html>", headers={"Content-Type": "text/html"})


def cut_json(_: ReceivedRequest) -> Response:
    """Return truncated JSON in a complete body."""
    return Response(b'{"created": 1, "data": [', headers={"Content-Type": "application/json"})


# OpenAI


def openai_data(data: object) -> Response:
    """Return a response of the Images API with this value in `data`."""
    return json_response({"created": 1_790_000_000, "data": data})


def openai_error(
    status: int, code: str | None, message: str, *, headers: dict[str, str] | None = None, **fields: object
) -> Script:
    """Return an error of the Images API."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code, **fields}
    return lambda _: json_response({"error": error}, status, **(headers or {}))


# Google


def text_part(text: str, *, thought: bool = False) -> dict[str, Any]:
    """Return a text part."""
    return {"text": text, **({"thought": True} if thought else {})}


def picture_part(data: bytes, *, thought: bool = False) -> dict[str, Any]:
    """Return a part with a picture; a thought contains a draft."""
    inline = {"mimeType": "image/png", "data": base64.b64encode(data).decode()}
    return {"inlineData": inline, **({"thought": True} if thought else {})}


def candidate(*parts: dict[str, Any], finish_reason: str = "STOP", finish_message: str | None = None) -> Response:
    """Return a response of generateContent with one candidate."""
    fields: dict[str, Any] = {"finishReason": finish_reason, "index": 0}
    if parts:
        fields["content"] = {"role": "model", "parts": list(parts)}
    if finish_message:
        fields["finishMessage"] = finish_message
    return json_response({"candidates": [fields], "modelVersion": "stand-in"})


def prompt_blocked(reason: str) -> Response:
    """Return a response of generateContent that reports a blocked prompt."""
    return json_response({"promptFeedback": {"blockReason": reason}, "modelVersion": "stand-in"})


def google_error(code: int, status: str, message: str, *details: dict[str, Any], **headers: str) -> Script:
    """Return an error of generateContent."""
    error = {"code": code, "message": message, "status": status, "details": list(details)}
    return lambda _: json_response({"error": error}, code, **headers)
