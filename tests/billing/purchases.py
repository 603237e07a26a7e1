"""Purchases in every state, as they stand after their payment is known."""

import uuid
from typing import Any

from django.utils import timezone

from accounts.models import User
from billing import ledger
from billing.models import CreditAccount, Purchase


def given_up(user: User, **more: Any) -> Purchase:
    """Return a purchase that nobody paid, or one that differs from it as said."""
    account = CreditAccount.objects.get(user=user)
    facts = {"gateway": "stripe", "credits": 100, "price_cents": 500, "status": Purchase.Status.EXPIRED}
    session_id = f"cs_{uuid.uuid4().hex}"
    return Purchase.objects.create(account=account, session_id=session_id, **{**facts, **more})


def paid(user: User, **more: Any) -> Purchase:
    """Return a purchase that is paid and credited."""
    facts = {"credits": 500, "price_cents": 2000, "paid_with": "Visa ending 4242"}
    purchase = given_up(user, status=Purchase.Status.PAID, paid_at=timezone.now(), **{**facts, **more})
    ledger.purchase(purchase.account_id, credits=purchase.credits, purchase_id=purchase.pk)
    if purchase.credits_taken_back:
        ledger.take_back(purchase.account_id, credits=purchase.credits_taken_back, purchase_id=purchase.pk)
    return purchase
