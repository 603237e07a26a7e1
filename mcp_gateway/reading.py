"""The tools that only read: balance, images, ledger and catalogue."""

from accounts.schemas import NoArguments, Page, read
from billing import usage
from billing.schemas import TransactionAnswer
from config import database
from images import listing
from images.schemas import ImageAnswer, ListArguments, ModelAnswer
from mcp_gateway.calls import Call, ToolAnswer

PROMPT_SHOWN_CHARACTERS = 60


async def get_account(call: Call) -> ToolAnswer:
    """Return whose key it is and what there is to spend."""
    read(NoArguments, call.arguments)
    account = await usage.account(call.caller)
    return ToolAnswer(f"{account.email} has {account.credit_balance} credits.", account)


async def list_images(call: Call) -> ToolAnswer:
    """Return a page of the caller's images."""
    page = await database.run_blocking(listing.images, call.caller, read(ListArguments, call.arguments))
    return ToolAnswer(_listed("images", page.total, page.offset, [_image(image) for image in page.images]), page)


async def list_usage(call: Call) -> ToolAnswer:
    """Return a page of the caller's ledger."""
    page = await database.run_blocking(usage.page, call.caller, read(Page, call.arguments))
    lines = [_transaction(transaction) for transaction in page.transactions]
    return ToolAnswer(_listed("transactions", page.total, page.offset, lines), page)


async def list_models(call: Call) -> ToolAnswer:
    """Return the catalogue with the caller's balance."""
    read(NoArguments, call.arguments)
    catalogue = await database.run_blocking(listing.models, call.caller)
    lines = [f"You have {catalogue.credit_balance} credits.", *(_model(model) for model in catalogue.models)]
    return ToolAnswer("\n".join(lines), catalogue)


def _listed(what: str, total: int, offset: int, lines: list[str]) -> str:
    if not lines:
        return f"No {what} from {offset + 1} on; there are {total} in all."
    return "\n".join([f"{what.capitalize()} {offset + 1} to {offset + len(lines)} of {total}, newest first:", *lines])


def _image(image: ImageAnswer) -> str:
    prompt = " ".join(image.prompt.split())
    if len(prompt) > PROMPT_SHOWN_CHARACTERS:
        prompt = prompt[: PROMPT_SHOWN_CHARACTERS - 1] + "…"
    return f"{image.id} {image.status}, {image.model_id}: {prompt}"


def _transaction(transaction: TransactionAnswer) -> str:
    return f"{transaction.created_at:%Y-%m-%d %H:%M} {transaction.amount:+d} {transaction.description}"


def _model(model: ModelAnswer) -> str:
    deep = f", {model.deep_credits} with deep thinking" if model.deep_credits else ""
    state = "" if model.available else ", not available now"
    return f"{model.model_id} ({model.name}): {model.credits} credits{deep}, {model.speed}{state}"
