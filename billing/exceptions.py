"""Errors of paying with credits, and of paying for them.

accounts.exceptions.ServiceError
 ├─ PaymentRefused
 │   ├─ KeyCapExceeded
 │   └─ InsufficientCredits
 ├─ BeyondStaffLimit
 └─ PurchaseRefused
     ├─ PackNotFound
     ├─ PurchaseNotFound
     ├─ TooManyPurchases
     ├─ SalesClosed
     ├─ PaymentsPaused
     ├─ NothingToSettle
     └─ BadSignature
"""

from django.conf import settings

from infrastructure.exceptions import ServiceError


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


class StaffLimitExceeded(ServiceError):
    """More credits than this member of staff may give or take at once."""

    code = "beyond_staff_limit"
    status = 403

    def __init__(self, limit: int) -> None:
        super().__init__(f"You may give or take at most {limit:,} credits at once. Ask an administrator for more.")


class PurchaseRefused(ServiceError):
    """Nothing was bought, and nothing was charged."""


class PackNotFound(PurchaseRefused):
    """There is no such pack on sale."""

    code = "pack_not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__("This pack is not on sale any more. Choose another one.")


class PurchaseNotFound(PurchaseRefused):
    """The user has no such purchase."""

    code = "purchase_not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__("There is no such purchase.")


class TooManyPurchases(PurchaseRefused):
    """The user has begun many purchases and ended none."""

    code = "too_many_purchases"
    status = 429
    retryable = True

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"You have begun {limit} purchases in the last hour without paying. Nothing was charged. Finish one of "
            "them, or try again in an hour."
        )


class PurchasesDisabled(PurchaseRefused):
    """Nobody handles payments for this site."""

    code = "sales_closed"
    status = 503

    def __init__(self) -> None:
        super().__init__("Buying credits is not set up on this site. Whoever runs it can grant you some.")


class PaymentServiceUnavailable(PurchaseRefused):
    """Whoever handles payments does not answer."""

    code = "payments_paused"
    status = 503
    retryable = True

    def __init__(self) -> None:
        super().__init__(
            "Card payments are paused: the payment service does not answer. Nothing was charged. Try again in a few "
            "minutes."
        )


class NothingToSync(PurchaseRefused):
    """The purchase was given up before there was anything to pay."""

    code = "nothing_to_settle"
    status = 409

    def __init__(self) -> None:
        super().__init__("No payment was begun for this purchase. Nothing was charged.")


class InvalidSignature(PurchaseRefused):
    """Somebody else than the payment service has sent this."""

    code = "bad_signature"
    status = 400

    def __init__(self) -> None:
        super().__init__("The signature does not fit the body, or it is too old.")
