"""The balance beside every page, asked for again when it has changed."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@require_safe
@never_cache
@login_required
def balance(request: HttpRequest) -> HttpResponse:
    """Show the balance as it is now."""
    return render(request, "website/dashboard/_balance_amount.html")
