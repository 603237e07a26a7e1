"""The checkout of development: a page, plainly marked, on which nobody pays and everything can happen."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from billing.models import SimulatedPayment
from billing.payments import simulation
from website.requests import MemberRequest

LEAVING = ("pay", "pay-later", "decline", "expire")


class RefundForm(forms.Form):
    """How much goes back, in US dollars."""

    dollars = forms.DecimalField(label="Refund, in dollars", min_value=0.01, decimal_places=2, max_digits=9)

    @property
    def cents(self) -> int:
        return int(self.cleaned_data["dollars"] * 100)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def simulated_checkout(request: MemberRequest, session_id: str) -> HttpResponse:
    """Show a payment and what may happen to it; do it when a button says so. There is no such page in production."""
    if not settings.DEBUG:
        raise Http404
    own = SimulatedPayment.objects.select_related("purchase").filter(purchase__account__user=request.user)
    simulated = own.filter(pk=session_id).first()
    if simulated is None:
        raise Http404
    form = RefundForm(request.POST if "dollars" in request.POST else None)
    if request.method == "POST" and (not form.is_bound or form.is_valid()):
        return _act(request, simulated, form)
    return render(request, "website/dashboard/billing/simulated.html", {"simulated": simulated, "form": form})


def _act(request: MemberRequest, simulated: SimulatedPayment, form: RefundForm) -> HttpResponse:
    action = request.POST.get("action", "")
    done = simulation.refund(simulated, form.cents) if form.is_bound else simulation.apply_action(simulated, action)
    if not done:
        messages.error(request, "The payment does not allow this any more, or not so much is left of it.")
    elif action in LEAVING:
        return redirect("purchase", simulated.purchase_id)
    return redirect("simulated-checkout", simulated.pk)
