"""The tools for one image: generate it or fetch it, and wait for it with progress notifications."""

import asyncio
import uuid
from typing import Any, Final

from billing.money import credits_text
from images import generation, snapshots
from images.schemas import ImageDetailResult
from images.snapshots import ImageSnapshot
from images.storage import links
from infrastructure.schemas import parse
from mcp_gateway.tasks.task import Task
from mcp_gateway.tools import errors, image_blocks, input_requests
from mcp_gateway.tools.call import TaskHandle, ToolCall, ToolResult
from mcp_gateway.tools.schemas import (
    EditImageArguments,
    GenerateArguments,
    GeneratedResult,
    GetImageArguments,
    ImageOutput,
    ImageWithLinkResult,
)

LINK_MINUTES: Final = links.LIFETIME_SECONDS // 60
# Clients that restart their timeout on progress need a notification at least every 10 seconds.
PROGRESS_SECONDS = 5.0
# How long a call waits for its image before it becomes a task, if the client takes tasks.
TASK_AFTER_SECONDS: Final = 1


async def generate_image(call: ToolCall) -> ToolResult | TaskHandle:
    """Charge for an image, wait for it and return it."""
    return await _request(call, parse(GenerateArguments, call.arguments))


async def edit_image(call: ToolCall) -> ToolResult | TaskHandle:
    """Charge for an image that is made from others, wait for it and return it."""
    return await _request(call, parse(EditImageArguments, call.arguments))


async def get_image(call: ToolCall) -> ToolResult:
    """Return one image, after an optional wait for it to finish."""
    arguments = parse(GetImageArguments, call.arguments)
    call.image_id = uuid.UUID(arguments.id)
    snapshot = await snapshots.find(call.caller, call.image_id)
    snapshot = await _wait(call, snapshot, arguments.wait_seconds)
    blocks = await image_blocks.build(snapshot.image, "full" if arguments.include_bytes else "none")
    result = ImageWithLinkResult(image=ImageDetailResult.of(snapshot.image), image_url=snapshot.image_url)
    return ToolResult(_status_text(snapshot), result, blocks, image_blocks.links(snapshot))


async def final_result(snapshot: ImageSnapshot) -> dict[str, Any]:
    """Return the result of tools/call for a final image: the picture, or the error that it ended with."""
    failure = generation.failure_of(snapshot.image)
    return errors.to_result(failure) if failure else (await _result(snapshot, "full")).to_json()


async def _request(call: ToolCall, arguments: GenerateArguments | EditImageArguments) -> ToolResult | TaskHandle:
    confirmation = input_requests.confirmation(call, arguments.confirm_credits)
    snapshot = await snapshots.request(call.caller, arguments, confirmation=confirmation)
    call.image_id = snapshot.image.id
    seconds = arguments.wait_seconds
    snapshot = await _wait(call, snapshot, min(seconds, TASK_AFTER_SECONDS) if call.features.tasks else seconds)
    if call.features.tasks and not snapshot.image.is_final:
        return TaskHandle(Task.of(snapshot.image))
    failure = generation.failure_of(snapshot.image)
    if failure:
        raise failure
    return await _result(snapshot, arguments.image_output)


async def _result(snapshot: ImageSnapshot, output: ImageOutput) -> ToolResult:
    blocks = await image_blocks.build(snapshot.image, output)
    result = GeneratedResult.of(snapshot.image, balance=snapshot.balance, image_url=snapshot.image_url)
    return ToolResult(_generation_text(snapshot), result, blocks, image_blocks.links(snapshot))


async def _wait(call: ToolCall, snapshot: ImageSnapshot, seconds: int) -> ImageSnapshot:
    """Wait until the image is final, sending progress at once and then every PROGRESS_SECONDS."""
    image = snapshot.image
    if image.is_final or not seconds:
        return snapshot
    loop = asyncio.get_running_loop()
    started = loop.time()
    wait = asyncio.create_task(snapshots.wait_until_final(call.caller, snapshot, seconds=seconds))
    try:
        while not wait.done():
            waited = loop.time() - started
            await call.report_progress(round(waited, 3), f"Image {image.id} is being generated ({waited:.0f} s).")
            await asyncio.wait({wait}, timeout=PROGRESS_SECONDS)
        return wait.result()
    finally:
        wait.cancel()


def _generation_text(snapshot: ImageSnapshot) -> str:
    status, cost, balance = _status_text(snapshot), snapshot.image.credit_cost, snapshot.balance
    if snapshot.replayed:
        return (
            f"This request repeats an earlier one and is not charged again. {status} "
            f"The image cost {credits_text(cost)}; your balance is {balance}."
        )
    return f"{status} Charged {credits_text(cost)}; your balance is {balance}."


def _status_text(snapshot: ImageSnapshot) -> str:
    image = snapshot.image
    failure = generation.failure_of(image)
    if failure:
        return f"Image {image.id} is {image.status}. {failure.code}: {failure.message}"
    if not image.is_final:
        return (
            f"Image {image.id} is {image.status} and will be generated even if this call ends. "
            "To fetch it, call getimages_get_image with this id and waitSeconds."
        )
    return (
        f"Image {image.id} is ready. Download it within {LINK_MINUTES} minutes: {snapshot.image_url} (no key needed)."
    )
