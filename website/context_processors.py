"""Template context of the dashboard: the user's credit balance and the credits owed."""

import functools

from django.http import HttpRequest
from django.utils.functional import lazy

from billing.models import CreditAccount


def credit_balance(request: HttpRequest) -> dict[str, object]:
    """Add `credit_balance` and `credits_owed`, in whole credits. The query runs when a template first uses one."""
    # `lazy` with a result class, because number filters reject a SimpleLazyObject; the cache limits it to one query.
    account = functools.cache(lambda: _balance_and_owed(request))
    return {"credit_balance": lazy(lambda: account()[0], int)(), "credits_owed": lazy(lambda: account()[1], int)()}


def _balance_and_owed(request: HttpRequest) -> tuple[int, int]:
    if not request.user.is_authenticated:
        return 0, 0
    return CreditAccount.objects.values_list("balance", "owed").get(user_id=request.user.pk)
