"""The tools about one image: asking for one and waiting for it, and fetching one."""

import uuid

from images import generation, snapshots
from images.schemas import ImageDetailResult
from images.snapshots import ImageSnapshot
from images.storage import links
from infrastructure.schemas import parse
from mcp_gateway.tools import image_blocks, progress
from mcp_gateway.tools.call import ToolCall, ToolResult
from mcp_gateway.tools.schemas import GenerateArguments, GeneratedResult, GetImageArguments, ImageWithLinkResult

LINK_MINUTES = links.LIFETIME_SECONDS // 60


async def generate_image(call: ToolCall) -> ToolResult:
    """Charge for an image, wait for it, and return it."""
    arguments = parse(GenerateArguments, call.arguments)
    present = await snapshots.request(call.caller, arguments)
    call.image_id = present.image.id
    present = await _waited(call, present, arguments.wait_seconds)
    failure = generation.failure_of(present.image)
    if failure:
        raise failure
    blocks = await image_blocks.build(present.image, arguments.image_output)
    facts = GeneratedResult.of(present.image, balance=present.balance, image_url=present.image_url)
    return ToolResult(_words(present), facts, blocks)


async def get_image(call: ToolCall) -> ToolResult:
    """Return one image, after a wait if that is asked for."""
    arguments = parse(GetImageArguments, call.arguments)
    call.image_id = uuid.UUID(arguments.id)
    present = await snapshots.find(call.caller, call.image_id)
    present = await _waited(call, present, arguments.wait_seconds)
    blocks = await image_blocks.build(present.image, "full" if arguments.include_bytes else "none")
    facts = ImageWithLinkResult(image=ImageDetailResult.of(present.image), image_url=present.image_url)
    return ToolResult(_state(present), facts, blocks)


async def _waited(call: ToolCall, present: ImageSnapshot, seconds: int) -> ImageSnapshot:
    if present.image.is_final or not seconds:
        return present
    wait = snapshots.wait_until_final(call.caller, present, seconds=seconds)
    return await progress.report_during(wait, image_id=present.image.id, progress=call.progress)


def _words(present: ImageSnapshot) -> str:
    cost = present.image.credit_cost
    charge = f"It cost {cost} credits" if present.replayed else f"{cost} credits were charged"
    again = "This request was made before and is not charged again. " if present.replayed else ""
    return f"{again}{_state(present)} {charge}; {present.balance} are left."


def _state(present: ImageSnapshot) -> str:
    image = present.image
    failure = generation.failure_of(image)
    if failure:
        return f"Image {image.id} is {image.status}. {failure.code}: {failure.message}"
    if not image.is_final:
        return (
            f"Image {image.id} is {image.status} and will be made in any case. "
            "Call getimages_get_image with this id and waitSeconds to fetch it."
        )
    return f"Image {image.id} is ready. Save it within {LINK_MINUTES} minutes from {present.image_url} (no key needed)."
