"""What becomes of a user's payments when the account is deleted."""

from typing import Any

from accounts.models import User
from billing import ledger
from billing.models import CreditAccount, Purchase


def erase_payment_details(user: User, **_: Any) -> None:
    """Keep what was bought and for how much, and forget with whose card. Runs in the transaction that deletes."""
    # The account first, as everywhere: a settlement that holds it may be about to write to a purchase.
    ledger.lock(user.pk)
    Purchase.objects.filter(account__user=user).update(paid_with="")
    CreditAccount.objects.filter(user=user).update(alert_level=None)
