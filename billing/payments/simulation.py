"""What can be done on the simulated checkout of development; each step then settles as a webhook would."""

from collections.abc import Mapping
from typing import Final

from django.db.models import F

from billing.models import Purchase, SimulatedPayment
from billing.payments import purchase_sync

Status = Purchase.Status
Dispute = Purchase.Dispute

# What each button of an unsettled payment makes of it.
OUTCOMES: Final[Mapping[str, Purchase.Status]] = {
    "pay": Status.PAID,
    "pay-later": Status.PENDING,
    "decline": Status.FAILED,
    "expire": Status.EXPIRED,
}
# What a bank may say of a paid one, and from which state.
DISPUTES: Final[Mapping[str, tuple[Purchase.Dispute, Purchase.Dispute]]] = {
    "dispute": (Dispute.NONE, Dispute.OPEN),
    "win": (Dispute.OPEN, Dispute.WON),
    "lose": (Dispute.OPEN, Dispute.LOST),
}


def apply_action(simulated: SimulatedPayment, action: str) -> bool:
    """Do what a button says if the payment's state allows it, and settle; tell whether it was done."""
    payments = SimulatedPayment.objects.filter(pk=simulated.pk)
    if action in OUTCOMES:
        changed = payments.filter(status__in=Purchase.UNSETTLED).update(status=OUTCOMES[action])
    elif action in DISPUTES:
        before, after = DISPUTES[action]
        changed = payments.filter(status=Status.PAID, dispute=before).update(dispute=after)
    else:
        changed = 0
    purchase_sync.sync(simulated.purchase_id)
    return bool(changed)


def refund(simulated: SimulatedPayment, cents: int) -> bool:
    """Give money back, in US cents, if so much is left of it, and settle; tell whether it was done."""
    most_before = simulated.purchase.price_cents - cents
    paid = SimulatedPayment.objects.filter(pk=simulated.pk, status=Status.PAID, refunded_cents__lte=most_before)
    changed = paid.exclude(dispute__in=[Dispute.OPEN, Dispute.LOST]).update(refunded_cents=F("refunded_cents") + cents)
    purchase_sync.sync(simulated.purchase_id)
    return bool(changed)
