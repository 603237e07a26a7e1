"""What every page of the dashboard shows of credits."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from billing.models import CreditAccount


def credit_balance(request: HttpRequest) -> dict[str, object]:
    """Give templates `credit_balance`, in whole credits; it is read when a template first asks for it."""
    return {"credit_balance": SimpleLazyObject(lambda: _balance(request))}


def _balance(request: HttpRequest) -> int:
    if not request.user.is_authenticated:
        return 0
    return CreditAccount.objects.values_list("balance", flat=True).get(user_id=request.user.pk)
