"""Steps of payment tests: start a purchase, deliver an event, spend credits."""

import uuid
from typing import Any, Protocol

from django.test import Client

from accounts.models import User
from billing import ledger
from billing.models import CreditAccount, LedgerEntry, Pack, Purchase
from billing.payments import checkout
from tests.billing.payments.stripe_stand_in import WEBHOOK_SECRET, Event, StripeStandIn
from tests.factories import caller_of


def sell_through(stand_in: StripeStandIn, settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = "sk_live_of_the_tests"
    settings.STRIPE_WEBHOOK_SECRET = WEBHOOK_SECRET
    settings.STRIPE_API_BASE = stand_in.url


class Deliver(Protocol):
    """Bring an event to our webhook; return the answer's status."""

    def __call__(self, event: Event, signature: str | None = None) -> int: ...


def bring(event: Event, signature: str | None = None) -> int:
    headers = {"Stripe-Signature": event.signature() if signature is None else signature}
    answer = Client().post("/webhooks/stripe", event.body, content_type="application/json", headers=headers)
    return answer.status_code


def begun(user: User, *, credits: int = 500) -> Purchase:
    """Return a purchase that the user has begun, with a checkout to be paid."""
    checkout.start(caller_of(user), Pack.objects.get(credits=credits).pk)
    return Purchase.objects.filter(account__user=user).latest("created_at")


def account(user: User) -> CreditAccount:
    return CreditAccount.objects.get(user=user)


def entries(purchase: Purchase) -> list[tuple[str, int]]:
    """Return what the ledger says of a purchase, oldest first."""
    found = LedgerEntry.objects.filter(reference_id=purchase.pk).order_by("position")
    return list(found.values_list("type", "amount"))


def spend(user: User, credits: int) -> uuid.UUID:
    """Charge the user for an image; return its id."""
    reference = uuid.uuid4()
    ledger.charge(user.pk, credits=credits, reference_id=reference, description="Image")
    return reference
