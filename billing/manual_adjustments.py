"""Credits that staff grant or deduct, within the limit of each member of staff."""

import uuid

from django.conf import settings

from accounts.models import User
from billing import ledger
from billing.exceptions import InsufficientCredits, StaffLimitExceeded
from billing.ledger import LedgerReceipt
from billing.money import credits_text

# Staff with this permission have no limit.
WITHOUT_LIMIT = "billing.correct_without_limit"


def grant(staff: User, user_id: uuid.UUID, *, amount: int, reason: str) -> LedgerReceipt:
    """Add free whole credits to a user's balance; the user sees the reason in their ledger.

    Raises:
        StaffLimitExceeded: The amount exceeds SUPPORT_GRANT_MAX and this member of staff has that limit.
        ValueError: The amount is not positive.
    """
    _require_within_limit(staff, amount)
    return ledger.grant(user_id, amount=amount, reason=reason)


def adjust(staff: User, user_id: uuid.UUID, *, amount: int, reason: str) -> LedgerReceipt:
    """Correct a user's balance by a signed number of whole credits; the user sees the reason in their ledger.

    Raises:
        StaffLimitExceeded: As in grant.
        ValueError: The amount is 0, or the balance is lower than the credits to deduct.
    """
    _require_within_limit(staff, amount)
    try:
        return ledger.adjust(user_id, amount=amount, reason=reason)
    except InsufficientCredits as error:
        # The error's own message is about buying credits.
        message = f"The balance is {credits_text(error.balance)}, so {credits_text(error.needed)} can't be removed."
        raise ValueError(message) from error


def _require_within_limit(staff: User, amount: int) -> None:
    limit = settings.SUPPORT_GRANT_MAX
    if abs(amount) > limit and not staff.has_perm(WITHOUT_LIMIT):
        raise StaffLimitExceeded(limit)
