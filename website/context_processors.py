"""Template context of the dashboard: the user's credit balance."""

import functools

from django.http import HttpRequest
from django.utils.functional import lazy

from billing.models import CreditAccount


def credit_balance(request: HttpRequest) -> dict[str, object]:
    """Add `credit_balance`, in whole credits. The query runs when a template first uses it."""
    # `lazy` with a result class, because number filters reject a SimpleLazyObject; the cache limits it to one query.
    return {"credit_balance": lazy(functools.cache(lambda: _balance(request)), int)()}


def _balance(request: HttpRequest) -> int:
    if not request.user.is_authenticated:
        return 0
    return CreditAccount.objects.values_list("balance", flat=True).get(user_id=request.user.pk)
