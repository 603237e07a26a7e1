"""Generate, edit the result with a mask, edit that again with two references, and fetch the lineage: REST and MCP.

The sandbox's pictures show that a masked edit changes the marked part only.
"""

import base64
import io
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import pytest
from PIL import Image, ImageDraw

from accounts.models import User
from tests.api.program import Program
from tests.factories import MODEL, balance
from tests.images.upload_files import encode
from tests.mcp_gateway.agent import Agent
from tests.worker_thread import WorkerThread

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker")]

# The area that the masks mark: left, top, right, bottom in pixels.
AREA = (300, 200, 800, 700)
OPTIONS = {"modelId": MODEL, "outputFormat": "png"}


class EntryPoint(Protocol):
    """What a user does at an entry point; a picture is named by its id."""

    def generate(self, prompt: str) -> str: ...
    def edit(self, prompt: str, sources: Sequence[str], mask: str | None = None) -> str: ...
    def upload(self, picture: bytes) -> str: ...


class Rest:
    def __init__(self, program: Program) -> None:
        self.program = program

    def generate(self, prompt: str) -> str:
        return self._id(self.program.create(prompt, **OPTIONS).json())

    def edit(self, prompt: str, sources: Sequence[str], mask: str | None = None) -> str:
        masks = {"mask": mask} if mask else {}
        return self._id(self.program.create(prompt, **OPTIONS, sources=sources, **masks).json())

    def upload(self, picture: bytes) -> str:
        response = self.program.post("uploads", content=picture, headers={"Content-Type": "image/png"})
        return str(response.json()["id"])

    def _id(self, image: dict[str, Any]) -> str:
        assert image["status"] == "succeeded", image
        return str(image["id"])


class Mcp:
    def __init__(self, program: Program) -> None:
        self.agent = Agent(program.url, program.key)

    def generate(self, prompt: str) -> str:
        return self._id(self.agent.call("getimages_generate_image", prompt=prompt, **OPTIONS))

    def edit(self, prompt: str, sources: Sequence[str], mask: str | None = None) -> str:
        masks = {"mask": mask} if mask else {}
        edit = {"prompt": prompt, "sources": sources, **OPTIONS, **masks}
        return self._id(self.agent.call("getimages_edit_image", **edit))

    def upload(self, picture: bytes) -> str:
        result = self.agent.call("getimages_upload_image", data=base64.b64encode(picture).decode())
        return str(result["structuredContent"]["id"])

    def _id(self, result: dict[str, Any]) -> str:
        assert not result["isError"], result
        image = result["structuredContent"]
        assert image["status"] == "succeeded", image
        return str(image["id"])


@pytest.mark.parametrize("entry_point", [Rest, Mcp])
@pytest.mark.parametrize("kind", ["transparent", "white"])
def test_an_image_is_edited_twice(
    program: Program, alice: User, entry_point: type[Rest | Mcp], kind: str, worker: WorkerThread
) -> None:
    user: EntryPoint = entry_point(program)
    first = user.generate("a lighthouse by the sea")
    original = pixels(program, first)
    mask = user.upload(mask_png(original.shape[1], original.shape[0], kind))
    second = user.edit("add a red boat", [first], mask)
    edited = pixels(program, second)
    marked = np.zeros(original.shape[:2], bool)
    left, top, right, bottom = AREA
    marked[top:bottom, left:right] = True
    assert edited.shape == original.shape
    assert (edited[~marked] == original[~marked]).all()
    assert (edited[marked] != original[marked]).any(axis=-1).mean() > 0.02
    reference = user.upload(encode(Image.new("RGB", (400, 300), "orange")))
    third = user.edit("in the colours of the reference", [second, reference, first])
    assert balance(alice) == 85
    assert lineage(program, third) == ({first, second}, set())
    assert lineage(program, second) == ({first}, {third})
    assert lineage(program, first) == (set(), {second, third})
    assert [(source["id"], source["role"]) for source in program.get(f"images/{second}").json()["sources"]] == [
        (first, "base"),
        (mask, "mask"),
    ]


def mask_png(width: int, height: int, kind: str) -> bytes:
    left, top, right, bottom = AREA
    area = (left, top, right - 1, bottom - 1)
    if kind == "white":
        mask = Image.new("L", (width, height), 0)
        ImageDraw.Draw(mask).rectangle(area, fill=255)
    else:
        mask = Image.new("RGBA", (width, height), "gray")
        ImageDraw.Draw(mask).rectangle(area, fill=(0, 0, 0, 0))
    return encode(mask)


def pixels(program: Program, image_id: str) -> Any:
    content = program.get(f"images/{image_id}/content").content
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def lineage(program: Program, image_id: str) -> tuple[set[str], set[str]]:
    """Return the ids of an image's ancestors and descendants."""
    found = program.get(f"images/{image_id}/lineage").json()
    ancestors, descendants = ({image["id"] for image in found[side]} for side in ("ancestors", "descendants"))
    return ancestors, descendants
