"""Credits that staff give, or set right: each within what this member of staff may do."""

import uuid

from django.conf import settings

from accounts.models import User
from billing import ledger
from billing.exceptions import StaffLimitExceeded
from billing.ledger import LedgerReceipt

# Whoever has it may give and take any number of credits.
WITHOUT_LIMIT = "billing.correct_without_limit"


def grant(staff: User, user_id: uuid.UUID, *, amount: int, reason: str) -> LedgerReceipt:
    """Give a user credits, for a reason that stands in their ledger.

    Raises:
        BeyondStaffLimit: More than this member of staff may give at once.
        ValueError: The amount is not positive.
    """
    _require_within_limit(staff, amount)
    return ledger.grant(user_id, amount=amount, reason=reason)


def adjust(staff: User, user_id: uuid.UUID, *, amount: int, reason: str) -> LedgerReceipt:
    """Set a user's balance right by a signed number of credits, likewise.

    Raises:
        BeyondStaffLimit: As in grant.
        InsufficientCredits: The balance does not hold what is to be taken.
        ValueError: The amount is 0.
    """
    _require_within_limit(staff, amount)
    return ledger.adjust(user_id, amount=amount, reason=reason)


def _require_within_limit(staff: User, amount: int) -> None:
    limit = settings.SUPPORT_GRANT_MAX
    if abs(amount) > limit and not staff.has_perm(WITHOUT_LIMIT):
        raise StaffLimitExceeded(limit)
