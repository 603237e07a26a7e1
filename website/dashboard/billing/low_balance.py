"""View that sets the alert level of low balance emails."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from billing.alerts import low_balance
from billing.models import CreditAccount
from website.dashboard.billing.views import page_context
from website.requests import MemberRequest

LEVEL_MAX = 1_000_000


class AlertForm(forms.Form):
    """The alert level in whole credits; empty turns the emails off."""

    level = forms.IntegerField(
        label="Email me when the balance falls below",
        required=False,
        min_value=1,
        max_value=LEVEL_MAX,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "placeholder": "No email"}),
        help_text="In credits. Leave empty to turn emails off.",
        error_messages={
            "invalid": "Enter a whole number of credits, or leave empty.",
            "min_value": "Enter 1 or more, or leave empty to turn emails off.",
            "max_value": f"Enter at most {LEVEL_MAX:,}.",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def alert(request: MemberRequest) -> HttpResponse:
    """Show and change the alert level."""
    account = CreditAccount.objects.get(user=request.user)
    form = AlertForm(request.POST or None, initial={"level": account.alert_level})
    if request.method == "POST" and form.is_valid():
        low_balance.set_level(request.user.pk, form.cleaned_data["level"])
        messages.success(request, "Low balance email updated.")
        return redirect("billing")
    return render(request, "website/dashboard/billing/alert.html", {"form": form, **page_context(request.user)})
