"""Steps of payment tests: start a purchase, deliver an event, spend credits."""

import uuid
from typing import Any

from django.test import Client

from accounts.models import User
from billing import ledger
from billing.models import CreditAccount, LedgerEntry, Pack, Purchase
from billing.payments import checkout
from tests.billing.payments.stripe_stand_in import WEBHOOK_SECRET, Event, StripeStandIn
from tests.factories import caller_of


def use_stripe(stand_in: StripeStandIn, settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = "sk_live_of_the_tests"
    settings.STRIPE_WEBHOOK_SECRET = WEBHOOK_SECRET
    settings.STRIPE_API_BASE = stand_in.url


def deliver(event: Event, signature: str | None = None) -> int:
    """Send an event to the webhook endpoint; return the status of the response."""
    headers = {"Stripe-Signature": event.signature() if signature is None else signature}
    response = Client().post("/webhooks/stripe", event.body, content_type="application/json", headers=headers)
    return response.status_code


def start_purchase(user: User, *, credits: int = 500) -> Purchase:
    """Return a new purchase of the user with an unpaid checkout."""
    checkout.start(caller_of(user), Pack.objects.get(credits=credits).pk)
    return Purchase.objects.filter(account__user=user).latest("created_at")


def account(user: User) -> CreditAccount:
    return CreditAccount.objects.get(user=user)


def entries(purchase: Purchase) -> list[tuple[str, int]]:
    """Return types and amounts of a purchase's ledger entries, oldest first."""
    rows = LedgerEntry.objects.filter(reference_id=purchase.pk).order_by("position")
    return list(rows.values_list("type", "amount"))


def spend(user: User, credits: int) -> uuid.UUID:
    """Charge the user for an image; return the image's id."""
    reference = uuid.uuid4()
    ledger.charge(user.pk, credits=credits, reference_id=reference, description="Image")
    return reference
