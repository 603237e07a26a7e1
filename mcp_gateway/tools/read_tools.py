"""The tools that only read: balance, images, ledger and catalogue."""

from billing import usage
from billing.schemas import TransactionResult
from images import listing
from images.schemas import ImageResult, ListArguments, ModelResult
from infrastructure import database
from infrastructure.schemas import NoArguments, PageArguments, parse
from mcp_gateway.tools.call import ToolCall, ToolResult

PROMPT_SHOWN_CHARACTERS = 60


async def get_account(call: ToolCall) -> ToolResult:
    """Return whose key it is and what there is to spend."""
    parse(NoArguments, call.arguments)
    account = await usage.account(call.caller)
    return ToolResult(f"{account.email} has {account.credit_balance} credits.", account)


async def list_images(call: ToolCall) -> ToolResult:
    """Return a page of the caller's images."""
    page = await database.run_blocking(listing.list_images, call.caller, parse(ListArguments, call.arguments))
    return ToolResult(_listed("images", page.total, page.offset, [_image(image) for image in page.images]), page)


async def list_usage(call: ToolCall) -> ToolResult:
    """Return a page of the caller's ledger."""
    page = await database.run_blocking(usage.page, call.caller, parse(PageArguments, call.arguments))
    lines = [_transaction(transaction) for transaction in page.transactions]
    return ToolResult(_listed("transactions", page.total, page.offset, lines), page)


async def list_models(call: ToolCall) -> ToolResult:
    """Return the catalogue with the caller's balance."""
    parse(NoArguments, call.arguments)
    catalogue = await database.run_blocking(listing.list_models, call.caller)
    lines = [f"You have {catalogue.credit_balance} credits.", *(_model(model) for model in catalogue.models)]
    return ToolResult("\n".join(lines), catalogue)


def _listed(what: str, total: int, offset: int, lines: list[str]) -> str:
    if not lines:
        return f"No {what} from {offset + 1} on; there are {total} in all."
    return "\n".join([f"{what.capitalize()} {offset + 1} to {offset + len(lines)} of {total}, newest first:", *lines])


def _image(image: ImageResult) -> str:
    prompt = " ".join(image.prompt.split())
    if len(prompt) > PROMPT_SHOWN_CHARACTERS:
        prompt = prompt[: PROMPT_SHOWN_CHARACTERS - 1] + "…"
    return f"{image.id} {image.status}, {image.model_id}: {prompt}"


def _transaction(transaction: TransactionResult) -> str:
    return f"{transaction.created_at:%Y-%m-%d %H:%M} {transaction.amount:+d} {transaction.description}"


def _model(model: ModelResult) -> str:
    deep = f", {model.deep_credits} with deep thinking" if model.deep_credits else ""
    state = "" if model.available else ", not available now"
    return f"{model.model_id} ({model.name}): {model.credits} credits{deep}, {model.speed}{state}"
