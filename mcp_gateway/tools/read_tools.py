"""The read-only tools: account, images, credit usage and models."""

from typing import Any, Final

from billing import usage
from billing.money import credits_text
from billing.schemas import TransactionResult
from images.library import listing
from images.schemas import ImageListResult, ImageResult, ListArguments, ModelResult, PriceResult
from infrastructure import database
from infrastructure.schemas import NoArguments, PageArguments, parse
from mcp_gateway import viewer
from mcp_gateway.tools.call import ToolCall, ToolResult

PROMPT_MAX_CHARACTERS: Final = 60


async def get_account(call: ToolCall) -> ToolResult:
    """Return the caller's account, with its balance and the API key's spending."""
    parse(NoArguments, call.arguments)
    account = await usage.account(call.caller)
    return ToolResult(f"{account.email} has {credits_text(account.credit_balance)}.", account)


async def list_images(call: ToolCall) -> ToolResult:
    """Return a page of the caller's images, for the viewer with links to their thumbnails."""
    page, meta = await database.run_blocking(_images, call, parse(ListArguments, call.arguments))
    lines = [_image_line(image) for image in page.images]
    return ToolResult(_page_text("images", page.total, page.offset, lines), page, meta=meta)


def _images(call: ToolCall, arguments: ListArguments) -> tuple[ImageListResult, dict[str, Any]]:
    page = listing.list_images(call.caller, arguments)
    return page, viewer.thumbnail_links(page) if call.features.viewer else {}


async def list_usage(call: ToolCall) -> ToolResult:
    """Return a page of the caller's ledger entries."""
    page = await database.run_blocking(usage.page, call.caller, parse(PageArguments, call.arguments))
    lines = [_transaction_line(transaction) for transaction in page.transactions]
    return ToolResult(_page_text("transactions", page.total, page.offset, lines), page)


async def list_models(call: ToolCall) -> ToolResult:
    """Return the models of the catalogue and the caller's balance."""
    parse(NoArguments, call.arguments)
    catalogue = await database.run_blocking(listing.list_models, call.caller)
    lines = [
        f"Your balance is {credits_text(catalogue.credit_balance)}.",
        *(_model_line(model) for model in catalogue.models),
    ]
    return ToolResult("\n".join(lines), catalogue)


def _page_text(noun: str, total: int, offset: int, lines: list[str]) -> str:
    if not lines:
        return f"No {noun} at offset {offset}. Total: {total}."
    heading = f"{noun.capitalize()} {offset + 1} to {offset + len(lines)} of {total}, newest first:"
    return "\n".join([heading, *lines])


def _image_line(image: ImageResult) -> str:
    prompt = " ".join(image.prompt.split())
    if len(prompt) > PROMPT_MAX_CHARACTERS:
        prompt = prompt[: PROMPT_MAX_CHARACTERS - 1] + "…"
    return f"{image.id} {image.status}, {image.model_id}: {prompt}"


def _transaction_line(transaction: TransactionResult) -> str:
    return f"{transaction.created_at:%Y-%m-%d %H:%M} {transaction.amount:+d} {transaction.description}"


def _model_line(model: ModelResult) -> str:
    availability = "" if model.available else ", currently unavailable"
    heading = f"{model.model_id} ({model.name}): {credits_text(model.credits)}, {model.speed}{availability}"
    prices = [f"{_combination(price)} {price.credits}" for price in model.prices if len(model.prices) > 1]
    backgrounds = ["transparent background"] if "transparent" in model.backgrounds else []
    details = [*(["credits by option: " + ", ".join(prices)] if prices else []), *backgrounds]
    return f"{heading}; {'; '.join(details)}" if details else heading


def _combination(price: PriceResult) -> str:
    return " ".join(value for value in (price.quality, price.resolution, price.thinking_level) if value)
