"""Removal of a user's payment details when their account is deleted."""

from typing import Any

from accounts.models import User
from billing import ledger
from billing.models import CreditAccount, Purchase


def erase_payment_details(user: User, **_: Any) -> None:
    """Erase the user's payment methods and alert level; amounts stay. Runs in the transaction that deletes the user."""
    # Lock order: the account before its purchases, as in purchase_sync.sync.
    ledger.lock(user.pk)
    Purchase.objects.filter(account__user=user).update(paid_with="")
    CreditAccount.objects.filter(user=user).update(alert_level=None)
