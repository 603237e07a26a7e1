"""What every page of the dashboard shows of credits."""

import functools

from django.http import HttpRequest
from django.utils.functional import lazy

from billing.models import CreditAccount


def credit_balance(request: HttpRequest) -> dict[str, object]:
    """Give templates `credit_balance`, in whole credits; it is read when a template first asks for it."""
    # A whole number to every filter of templates, which a SimpleLazyObject is not; read once.
    return {"credit_balance": lazy(functools.cache(lambda: _balance(request)), int)()}


def _balance(request: HttpRequest) -> int:
    if not request.user.is_authenticated:
        return 0
    return CreditAccount.objects.values_list("balance", flat=True).get(user_id=request.user.pk)
