"""View of the simulated checkout page for development, which offers every outcome of a payment."""

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

# Actions that end the checkout and redirect to the purchase.
FINAL_ACTIONS = ("pay", "pay-later", "decline", "expire")


class RefundForm(forms.Form):
    """The amount to refund, in US dollars."""

    dollars = forms.DecimalField(label="Refund amount in dollars", min_value=0.01, decimal_places=2, max_digits=9)

    @property
    def cents(self) -> int:
        return int(self.cleaned_data["dollars"] * 100)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def simulated_checkout(request: MemberRequest, session_id: str) -> HttpResponse:
    """Show a simulated payment and apply an action to it on POST. With DEBUG off the page does not exist."""
    if not settings.DEBUG:
        raise Http404
    payments = SimulatedPayment.objects.select_related("purchase").filter(purchase__account__user=request.user)
    simulated = payments.filter(pk=session_id).first()
    if simulated is None:
        raise Http404
    form = RefundForm(request.POST if "dollars" in request.POST else None)
    if request.method == "POST" and (not form.is_bound or form.is_valid()):
        return _apply(request, simulated, form)
    return render(request, "website/dashboard/billing/simulated.html", {"simulated": simulated, "form": form})


def _apply(request: MemberRequest, simulated: SimulatedPayment, form: RefundForm) -> HttpResponse:
    action = request.POST.get("action", "")
    applied = simulation.refund(simulated, form.cents) if form.is_bound else simulation.apply_action(simulated, action)
    if not applied:
        messages.error(request, "The payment's state doesn't allow this action, or the amount is too high.")
    elif action in FINAL_ACTIONS:
        return redirect("purchase", simulated.purchase_id)
    return redirect("simulated-checkout", simulated.pk)
