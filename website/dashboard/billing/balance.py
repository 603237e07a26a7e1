"""View of the balance in the page header, which pages reload when the balance changes."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@require_safe
@never_cache
@login_required
def balance(request: HttpRequest) -> HttpResponse:
    """Render the current balance."""
    return render(request, "website/dashboard/_balance_amount.html")
