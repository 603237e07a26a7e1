"""Programs that request what the composer would request: curl, Python, OpenAI's SDK, JavaScript and an MCP call."""

import json
import shlex
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.template.loader import render_to_string

from images.catalogue.options import DEFAULT_RESOLUTION
from images.models import Image
from images.providers import sizes
from images.schemas import EditArguments, GenerationArguments
from website.dashboard.generate.choices import AUTO
from website.dashboard.source_pictures import SourcePicture
from website.docs import mcp

FOLDER: Final = "website/dashboard/generate/code"
NOT_OPENAI_THINKING: Final = (
    "OpenAI's SDK has no parameter for deep thinking. Use the REST API, or choose standard thinking."
)
NOT_OPENAI_SHAPE: Final = (
    "OpenAI's SDK has no parameter for a resolution in the shape of the first image. Use the REST API, or choose an "
    "aspect ratio."
)


class CodeSample(NamedTuple):
    """A program, or why there is none for these settings."""

    slug: str
    label: str
    language: str
    title: str
    text: str = ""
    problem: str = ""


def build(
    arguments: GenerationArguments, count: int, pictures: Sequence[SourcePicture], mask: SourcePicture | None
) -> list[CodeSample]:
    """Return the programs, which read the API key from the environment.

    Args:
        arguments: The picture to request.
        count: The number of images.
        pictures: The pictures to edit or to refer to, in their order.
        mask: The mask of the first of them.
    """
    body = _body(arguments)
    context = {
        "site_url": settings.SITE_URL,
        "endpoint": mcp.endpoint(),
        "count": count,
        "numbers": " ".join(str(number) for number in range(1, count + 1)),
        "body": _literal(body, indent=4),
        "body_js": _literal(body, indent=2),
        "body_sh": shlex.quote(_literal(body, indent=2)),
        "call_sh": shlex.quote(_literal(_mcp_call(arguments, body), indent=2)),
    }
    problem = _openai_problem(arguments)
    openai = {**context, **_openai(arguments, count, pictures, mask)}
    return [
        CodeSample("curl", "curl", "bash", "Terminal", _render("curl.txt", context)),
        CodeSample("python", "Python", "python", "image.py", _render("python.txt", context)),
        CodeSample(
            "openai", "OpenAI SDK", "python", "image.py", "" if problem else _render("openai.txt", openai), problem
        ),
        CodeSample("javascript", "JavaScript", "javascript", "image.mjs", _render("javascript.txt", context)),
        CodeSample("mcp", "MCP call", "bash", "Terminal", _render("mcp.txt", context)),
    ]


def _render(name: str, context: dict[str, Any]) -> str:
    return render_to_string(f"{FOLDER}/{name}", context).strip("\n")


def _body(arguments: GenerationArguments) -> dict[str, Any]:
    """Return the fields of the request that differ from the defaults."""
    return arguments.model_dump(by_alias=True, exclude_defaults=True, exclude={"idempotency_key"})


def _literal(value: Any, *, indent: int) -> str:
    """Return JSON, which is also a literal in Python and JavaScript: the values are text, numbers and lists."""
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _mcp_call(arguments: GenerationArguments, body: dict[str, Any]) -> dict[str, Any]:
    name = "getimages_edit_image" if isinstance(arguments, EditArguments) else "getimages_generate_image"
    # Without the picture itself, which would fill the terminal.
    call = {"name": name, "arguments": {**body, "imageOutput": "none"}}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}


def _openai_problem(arguments: GenerationArguments) -> str:
    if arguments.thinking_level == "deep":
        return NOT_OPENAI_THINKING
    is_own_shape = _size(arguments) == ""
    return NOT_OPENAI_SHAPE if is_own_shape and arguments.resolution not in (None, DEFAULT_RESOLUTION) else ""


def _size(arguments: GenerationArguments) -> str:
    """Return width and height, such as 1536x1024; empty for the shape of the first source."""
    ratio: str = arguments.aspect_ratio
    return "" if ratio == AUTO else "{}x{}".format(*sizes.pixels(ratio, arguments.resolution))


def _openai(
    arguments: GenerationArguments, count: int, pictures: Sequence[SourcePicture], mask: SourcePicture | None
) -> dict[str, Any]:
    parameters = {
        "model": arguments.model_id,
        "prompt": arguments.prompt,
        "size": _size(arguments),
        "quality": arguments.quality,
        "background": arguments.background if arguments.background != "opaque" else None,
        "output_format": arguments.output_format,
        "n": count if count > 1 else None,
    }
    return {
        "parameters": [(name, _literal(value, indent=4)) for name, value in parameters.items() if value],
        "style": _literal(arguments.style, indent=4) if arguments.style else "",
        "sources": [_content_path(each) for each in pictures],
        "mask": _content_path(mask) if mask else "",
    }


def _content_path(each: SourcePicture) -> str:
    return f"{'images' if isinstance(each.picture, Image) else 'uploads'}/{each.source_id}"
