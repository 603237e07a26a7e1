"""Template context of the website: the user's credit balance, the credits owed, and whether credits can be bought."""

import functools

from django.http import HttpRequest
from django.utils.functional import lazy

from billing.models import CreditAccount
from billing.payments import sales


def credit_balance(request: HttpRequest) -> dict[str, object]:
    """Add `credit_balance` and `credits_owed`, in whole credits, and `can_buy_credits`.

    The query runs when a template first uses a number.
    """
    # `lazy` with a result class, because number filters reject a SimpleLazyObject; the cache limits it to one query.
    account = functools.cache(lambda: _balance_and_owed(request))
    return {
        "credit_balance": lazy(lambda: account()[0], int)(),
        "credits_owed": lazy(lambda: account()[1], int)(),
        "can_buy_credits": sales.is_open(),
    }


def _balance_and_owed(request: HttpRequest) -> tuple[int, int]:
    if not request.user.is_authenticated:
        return 0, 0
    return CreditAccount.objects.values_list("balance", "owed").get(user_id=request.user.pk)
