"""Errors of paying with credits.

accounts.exceptions.ServiceError
 └─ PaymentRefused
     ├─ KeyCapExceeded
     └─ InsufficientCredits
"""

from django.conf import settings

from accounts.exceptions import ServiceError


class PaymentRefused(ServiceError):
    """The charge was not made, and nothing else was done."""


class KeyCapExceeded(PaymentRefused):
    """The key's own monthly cap does not allow the charge."""

    code = "key_cap_exceeded"
    status = 403

    def __init__(self, *, needed: int, spent: int, cap: int) -> None:
        super().__init__(
            f"This costs {needed} credits, and this key has spent {spent} of its {cap} credits for this month (UTC). "
            "Raise the key's cap in the dashboard or wait for next month."
        )


class InsufficientCredits(PaymentRefused):
    """The balance does not cover the charge."""

    code = "insufficient_credits"
    status = 402

    def __init__(self, *, needed: int, balance: int) -> None:
        self.needed = needed
        self.balance = balance
        super().__init__(
            f"This costs {needed} credits and the balance is {balance}. "
            f"Buy credits at {settings.SITE_URL}/dashboard/billing/ and ask again."
        )
