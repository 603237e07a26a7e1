"""The tools about one image: asking for one and waiting for it, and fetching one."""

import uuid

from accounts.schemas import read
from images import generation, links, presenting
from images.presenting import Present
from images.schemas import ImageDetailAnswer
from mcp_gateway import pictures, waiting
from mcp_gateway.calls import Call, ToolAnswer
from mcp_gateway.schemas import GenerateArguments, GeneratedAnswer, GetImageArguments, ImageWithLinkAnswer

LINK_MINUTES = links.LIFETIME_SECONDS // 60


async def generate_image(call: Call) -> ToolAnswer:
    """Charge for an image, wait for it, and return it."""
    arguments = read(GenerateArguments, call.arguments)
    present = await presenting.request(call.caller, arguments)
    call.image_id = present.image.id
    present = await _waited(call, present, arguments.wait_seconds)
    failure = generation.failure(present.image)
    if failure:
        raise failure
    blocks = await pictures.blocks(present.image, arguments.image_output)
    facts = GeneratedAnswer.of(present.image, balance=present.balance, image_url=present.image_url)
    return ToolAnswer(_words(present), facts, blocks)


async def get_image(call: Call) -> ToolAnswer:
    """Return one image, after a wait if that is asked for."""
    arguments = read(GetImageArguments, call.arguments)
    call.image_id = uuid.UUID(arguments.id)
    present = await presenting.find(call.caller, call.image_id)
    present = await _waited(call, present, arguments.wait_seconds)
    blocks = await pictures.blocks(present.image, "full" if arguments.include_bytes else "none")
    facts = ImageWithLinkAnswer(image=ImageDetailAnswer.of(present.image), image_url=present.image_url)
    return ToolAnswer(_state(present), facts, blocks)


async def _waited(call: Call, present: Present, seconds: int) -> Present:
    image = present.image
    if image.is_final or not seconds:
        return present
    await waiting.until_final(image.id, seconds=seconds, progress=call.progress)
    return await presenting.find(call.caller, image.id, replayed=present.replayed)


def _words(present: Present) -> str:
    cost = present.image.credit_cost
    charge = f"It cost {cost} credits" if present.replayed else f"{cost} credits were charged"
    again = "This request was made before and is not charged again. " if present.replayed else ""
    return f"{again}{_state(present)} {charge}; {present.balance} are left."


def _state(present: Present) -> str:
    image = present.image
    failure = generation.failure(image)
    if failure:
        return f"Image {image.id} is {image.status}. {failure.code}: {failure.message}"
    if not image.is_final:
        return (
            f"Image {image.id} is {image.status} and will be made in any case. "
            "Call getimages_get_image with this id and waitSeconds to fetch it."
        )
    return f"Image {image.id} is ready. Save it within {LINK_MINUTES} minutes from {present.image_url} (no key needed)."
