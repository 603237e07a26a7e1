"""The level below which one e-mail tells of a low balance."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from billing import low_balance_alerts
from billing.models import CreditAccount
from website.dashboard.billing.views import page_context
from website.requests import MemberRequest

LEVEL_MAX = 1_000_000


class AlertForm(forms.Form):
    """An empty level turns the e-mail off."""

    level = forms.IntegerField(
        label="Email me below",
        required=False,
        min_value=1,
        max_value=LEVEL_MAX,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "placeholder": "No email"}),
        help_text="Credits. Leave it empty for no email.",
        error_messages={
            "invalid": "Write a whole number of credits, or nothing.",
            "min_value": "Write 1 or more, or nothing for no email.",
            "max_value": f"Write at most {LEVEL_MAX:,}.",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def alert(request: MemberRequest) -> HttpResponse:
    """Show the level and change it."""
    account = CreditAccount.objects.get(user=request.user)
    form = AlertForm(request.POST or None, initial={"level": account.alert_level})
    if request.method == "POST" and form.is_valid():
        low_balance_alerts.set_level(request.user.pk, form.cleaned_data["level"])
        messages.success(request, "Low balance email changed.")
        return redirect("billing")
    return render(request, "website/dashboard/billing/alert.html", {"form": form, **page_context(request.user)})
