"""Comparison of models: one prompt to several models, each with its own charge."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from accounts.authentication import Caller
from billing import ledger
from billing.exceptions import InsufficientCredits
from images import generation
from images.generation import GenerationReceipt
from images.schemas import GenerationArguments
from images.storage import probe

# The largest number of models in one comparison.
MODELS_MAX: Final = 4


@dataclass(frozen=True, slots=True)
class ComparedRequest:
    """The request to one model, and the price in credits that the user was shown for it."""

    arguments: GenerationArguments
    agreed_credits: int


def request_each(caller: Caller, requests: Sequence[ComparedRequest]) -> list[GenerationReceipt]:
    """Request an image from each model: all of them are charged and enqueued, or none.

    Raises:
        ServiceError: As `generation.request`. InsufficientCredits is about all images together, the other errors are
            about the first model with a problem.
    """
    # Storage responds before the account is locked; the requests below use this result.
    probe.is_writable()
    with transaction.atomic():
        balance = ledger.lock(caller.user_id).balance
        try:
            return [
                generation.request(caller, request.arguments, agreed_credits=request.agreed_credits)
                for request in requests
            ]
        except InsufficientCredits as error:
            total = sum(request.agreed_credits for request in requests)
            raise InsufficientCredits(needed=total, balance=balance) from error
