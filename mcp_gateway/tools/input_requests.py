"""Requests for the user's input in place of a result (elicitation, 2026-07-28): to confirm a price, to buy credits.

The client shows the request to the user, and repeats the call with the response and the `requestState`.
"""

import uuid
from typing import Any, Final

from billing.exceptions import InsufficientCredits
from billing.money import credits_text
from images.consent import Confirmation
from images.exceptions import ConfirmationRequired
from infrastructure.exceptions import ServiceError
from mcp_gateway.request_state import PriceState
from mcp_gateway.tools.call import ToolCall

PRICE: Final = "price"
PURCHASE: Final = "purchase"
OUTCOME: Final = "input required"


def confirmation(call: ToolCall, confirm_credits: int | None) -> Confirmation:
    """Return what the user has confirmed: the price of the call's state, or the argument `confirmCredits`."""
    state = call.user_input.price_state
    if state is not None and call.user_input.action(PRICE) == "accept":
        return Confirmation(state.credits, state.image_id)
    return Confirmation(confirm_credits)


def result_of(call: ToolCall, error: ServiceError) -> dict[str, Any] | None:
    """Return the result that requests the input which this error lacks; None if the client can't, or has responded."""
    if isinstance(error, ConfirmationRequired) and call.features.forms and not _has_declined(call):
        return _confirm(call, error)
    if isinstance(error, InsufficientCredits) and call.features.urls and not call.user_input.action(PURCHASE):
        return _buy(error)
    return None


def error_of(call: ToolCall, error: ServiceError) -> ServiceError:
    """Return the error for the agent; the one for a declined price has its own message."""
    return error.as_declined() if isinstance(error, ConfirmationRequired) and _has_declined(call) else error


def _has_declined(call: ToolCall) -> bool:
    return call.user_input.action(PRICE) in ("decline", "cancel")


def _confirm(call: ToolCall, error: ConfirmationRequired) -> dict[str, Any]:
    state = PriceState(credits=error.credits, image_id=uuid.uuid4())
    message = (
        f"Pay {credits_text(error.credits)} for an image with {call.arguments['modelId']}? "
        f"Your balance is {credits_text(error.balance)}."
    )
    form = {"mode": "form", "message": message, "requestedSchema": {"type": "object", "properties": {}}}
    return {**_input_required(PRICE, form), "requestState": state.model_dump_json()}


def _buy(error: InsufficientCredits) -> dict[str, Any] | None:
    if error.purchase_url is None:
        return None
    message = (
        f"This image costs {credits_text(error.needed)}, and your balance is {credits_text(error.balance)}. "
        "Open the page to buy credits?"
    )
    return _input_required(PURCHASE, {"mode": "url", "message": message, "url": error.purchase_url})


def _input_required(name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    request = {"method": "elicitation/create", "params": parameters}
    return {"resultType": "input_required", "inputRequests": {name: request}}
