"""Errors of charges and purchases.

infrastructure.exceptions.ServiceError
 ├─ ChargeRejected
 │   ├─ KeyCapExceeded
 │   └─ InsufficientCredits
 ├─ StaffLimitExceeded
 └─ PurchaseRejected
     ├─ PackNotFound
     ├─ PurchaseNotFound
     ├─ TooManyPurchases
     ├─ PurchasesDisabled
     ├─ PaymentServiceUnavailable
     ├─ NothingToSync
     └─ InvalidSignature

LedgerRowMissing                    a defect, which no caller handles
 ├─ AccountMissing
 └─ ChargeMissing
"""

import uuid

from billing.money import credits_text
from billing.payments import sales
from infrastructure.exceptions import ServiceError


class LedgerRowMissing(LookupError):
    """A row that a change of the ledger requires does not exist. Nothing was changed."""


class AccountMissing(LedgerRowMissing):
    """There is no credit account with this id, or none of this user."""

    def __init__(self, *, user_id: uuid.UUID | None = None, account_id: int | None = None) -> None:
        super().__init__(f"There is no credit account {account_id}." if user_id is None else f"No user {user_id}.")


class ChargeMissing(LedgerRowMissing):
    """The image was never charged."""

    def __init__(self, image_id: uuid.UUID) -> None:
        super().__init__(f"Image {image_id} was never charged.")


class ChargeRejected(ServiceError):
    """The charge was rejected and nothing was changed."""


class KeyCapExceeded(ChargeRejected):
    """The charge would exceed the API key's monthly cap."""

    code = "key_cap_exceeded"
    status = 403

    def __init__(self, *, needed: int, spent: int, cap: int) -> None:
        super().__init__(
            f"This costs {credits_text(needed)}, and this key has spent {spent} of its {credits_text(cap)} for this "
            "month (UTC). Raise the key's cap in the dashboard or wait for next month."
        )


class InsufficientCredits(ChargeRejected):
    """The balance is lower than the charge."""

    code = "insufficient_credits"
    status = 402

    def __init__(self, *, needed: int, balance: int) -> None:
        self.needed = needed
        self.balance = balance
        self.purchase_url = sales.purchase_url()
        advice = (
            f"Buy credits at {self.purchase_url} and try again." if self.purchase_url else sales.advice_when_closed()
        )
        super().__init__(f"This costs {credits_text(needed)} and the balance is {balance}. {advice}")


class StaffLimitExceeded(ServiceError):
    """The amount exceeds the limit of this member of staff."""

    code = "beyond_staff_limit"
    status = 403

    def __init__(self, limit: int) -> None:
        super().__init__(f"You can add or remove at most {credits_text(limit)} at once. Ask an administrator for more.")


class PurchaseRejected(ServiceError):
    """The purchase was rejected and nothing was charged."""


class PackNotFound(PurchaseRejected):
    """The pack does not exist or is not on sale."""

    code = "pack_not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__("This pack is no longer on sale. Choose another one.")


class PurchaseNotFound(PurchaseRejected):
    """The user has no purchase with this id."""

    code = "purchase_not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__("No purchase with this ID was found.")


class TooManyPurchases(PurchaseRejected):
    """The user has too many open checkouts."""

    code = "too_many_purchases"
    status = 429
    retryable = True

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"You started {limit} purchases in the last hour without paying. Nothing was charged. Complete one of "
            "them, or try again in an hour."
        )


class PurchasesDisabled(PurchaseRejected):
    """No payment gateway is configured."""

    code = "sales_closed"
    status = 503

    def __init__(self) -> None:
        super().__init__(f"You can't buy credits on this site. {sales.advice_when_closed()}")


class PaymentServiceUnavailable(PurchaseRejected):
    """The payment gateway failed or did not respond."""

    code = "payments_paused"
    status = 503
    retryable = True

    def __init__(self) -> None:
        super().__init__(
            "Payments are temporarily unavailable because the payment service is not responding. Nothing was charged. "
            "Try again in a few minutes."
        )


class NothingToSync(PurchaseRejected):
    """The purchase has no checkout and therefore no payment."""

    code = "nothing_to_settle"
    status = 409

    def __init__(self) -> None:
        super().__init__("No payment was started for this purchase. Nothing was charged.")


class InvalidSignature(PurchaseRejected):
    """The webhook event is not signed by the payment gateway."""

    code = "bad_signature"
    status = 400

    def __init__(self) -> None:
        super().__init__("The signature doesn't match the request body, or it is too old.")
