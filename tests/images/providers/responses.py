"""What the stand-in can answer: each scenario in the wire format of the provider that was asked."""

import base64
import functools
import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from PIL import Image
from PIL.PngImagePlugin import PngInfo

# What Gemini's image models make of each ratio at 1K. Some are a little off the ratio, as in reality.
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


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that reached the stand-in."""

    provider: Literal["openai", "google"]
    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def model(self) -> str:
        return str(self.body["model"]) if self.provider == "openai" else self.path.split("/models/")[1].split(":")[0]

    @property
    def prompt(self) -> str:
        if self.provider == "openai":
            return str(self.body["prompt"])
        return str(self.body["contents"][0]["parts"][0]["text"])

    @property
    def size(self) -> tuple[int, int]:
        """The width and height of the picture that this provider would make."""
        if self.provider == "openai":
            width, height = self.body["size"].split("x")
            return int(width), int(height)
        return GOOGLE_SIZES[self.body["generationConfig"]["imageConfig"]["aspectRatio"]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as it goes over the wire; `ending` is what happens to its body."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    ending: Literal["whole", "broken", "never", "trickle"] = "whole"


Script = Callable[[Asked], Answer]


@functools.lru_cache(maxsize=64)
def png(width: int = 64, height: int = 64, *, colour: str = "teal", size_bytes: int = 0) -> bytes:
    """Return a real PNG of this size, filled up to `size_bytes` with a chunk that readers skip."""
    extra = PngInfo()
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    missing = size_bytes - len(out.getvalue()) - 12
    if missing <= 0:
        return out.getvalue()
    extra.add(b"paDd", os.urandom(missing))
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG", pnginfo=extra)
    return out.getvalue()


def json_answer(body: object, status: int = 200, **headers: str) -> Answer:
    """Answer with JSON; a header's underscores become hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(json.dumps(body).encode(), status, {"Content-Type": "application/json", **named})


# Scenarios of either provider


def picture(width: int = 0, height: int = 0, *, size_bytes: int = 0) -> Script:
    """A real PNG, of the size that was asked for unless another one is given."""

    def answer(asked: Asked) -> Answer:
        return _picture(asked.provider, *((width, height) if width else asked.size), size_bytes)

    return answer


@functools.lru_cache(maxsize=64)
def _picture(provider: str, width: int, height: int, size_bytes: int) -> Answer:
    return _with_content(provider, png(width, height, size_bytes=size_bytes))


def _with_content(provider: str, content: bytes) -> Answer:
    if provider == "openai":
        return openai_data([{"b64_json": base64.b64encode(content).decode()}])
    return candidate(picture_part(content))


def content(data: bytes) -> Script:
    """These bytes in the place of a picture."""
    return lambda asked: _with_content(asked.provider, data)


garbage: Final = content(b"These bytes are no picture.")
wrong_shape: Final = picture(900, 300)


def status(number: int, **headers: str) -> Script:
    """An error in the provider's form, with nothing special about it."""

    def answer(asked: Asked) -> Answer:
        error = {"message": f"Status {number}.", "code": None if asked.provider == "openai" else number}
        return json_answer({"error": error}, number, **headers)

    return answer


def broken(_: Asked) -> Answer:
    """The connection closes in the middle of the body."""
    return Answer(b"{" * 1000, headers={"Content-Type": "application/json"}, ending="broken")


def hang(_: Asked) -> Answer:
    """No answer, until the client goes away."""
    return Answer(ending="never")


def trickle(_: Asked) -> Answer:
    """A byte of body now and then for some seconds, so that no pause in it is long."""
    return Answer(ending="trickle")


def page(_: Asked) -> Answer:
    """A page of HTML with status 200, as a proxy may send."""
    return Answer(b"<html>Welcome</html>", headers={"Content-Type": "text/html"})


def cut_json(_: Asked) -> Answer:
    """JSON that ends in the middle, in a whole body."""
    return Answer(b'{"created": 1, "data": [', headers={"Content-Type": "application/json"})


# OpenAI


def openai_data(data: object) -> Answer:
    """An answer of the Images API with this in `data`."""
    return json_answer({"created": 1_790_000_000, "data": data})


def openai_error(
    status: int, code: str | None, message: str, *, headers: dict[str, str] | None = None, **more: object
) -> Script:
    """An error of the Images API."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code, **more}
    return lambda _: json_answer({"error": error}, status, **(headers or {}))


# Google


def text_part(text: str, *, thought: bool = False) -> dict[str, Any]:
    """A part of text."""
    return {"text": text, **({"thought": True} if thought else {})}


def picture_part(data: bytes, *, thought: bool = False) -> dict[str, Any]:
    """A part with a picture; a thought is a draft."""
    inline = {"mimeType": "image/png", "data": base64.b64encode(data).decode()}
    return {"inlineData": inline, **({"thought": True} if thought else {})}


def candidate(*parts: dict[str, Any], finish_reason: str = "STOP", finish_message: str | None = None) -> Answer:
    """An answer of generateContent with one candidate."""
    one: dict[str, Any] = {"finishReason": finish_reason, "index": 0}
    if parts:
        one["content"] = {"role": "model", "parts": list(parts)}
    if finish_message:
        one["finishMessage"] = finish_message
    return json_answer({"candidates": [one], "modelVersion": "stand-in"})


def prompt_blocked(reason: str) -> Answer:
    """An answer of generateContent that says why the prompt was not taken."""
    return json_answer({"promptFeedback": {"blockReason": reason}, "modelVersion": "stand-in"})


def google_error(code: int, status: str, message: str, *details: dict[str, Any], **headers: str) -> Script:
    """An error of generateContent."""
    error = {"code": code, "message": message, "status": status, "details": list(details)}
    return lambda _: json_answer({"error": error}, code, **headers)
