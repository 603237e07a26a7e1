"""Actions of the simulated checkout page: each changes the simulated payment, then syncs the purchase."""

from collections.abc import Mapping
from typing import Final

from django.db.models import F

from billing.models import Purchase, SimulatedPayment
from billing.payments import purchase_sync

Status = Purchase.Status
Dispute = Purchase.Dispute

# Actions on an unfinished payment, with the status after each.
OUTCOMES: Final[Mapping[str, Purchase.Status]] = {
    "pay": Status.PAID,
    "pay-later": Status.PENDING,
    "decline": Status.FAILED,
    "expire": Status.EXPIRED,
}
# Actions on a paid payment, with the state of the dispute before and after each.
DISPUTES: Final[Mapping[str, tuple[Purchase.Dispute, Purchase.Dispute]]] = {
    "dispute": (Dispute.NONE, Dispute.OPEN),
    "win": (Dispute.OPEN, Dispute.WON),
    "lose": (Dispute.OPEN, Dispute.LOST),
}


def apply_action(simulated: SimulatedPayment, action: str) -> bool:
    """Apply an action and sync the purchase; return False if the payment's state does not allow the action."""
    payments = SimulatedPayment.objects.filter(pk=simulated.pk)
    if action in OUTCOMES:
        changed = payments.filter(status__in=Purchase.UNFINISHED).update(status=OUTCOMES[action])
    elif action in DISPUTES:
        before, after = DISPUTES[action]
        changed = payments.filter(status=Status.PAID, dispute=before).update(dispute=after)
    else:
        changed = 0
    purchase_sync.sync(simulated.purchase_id)
    return bool(changed)


def refund(simulated: SimulatedPayment, cents: int) -> bool:
    """Refund an amount in US cents and sync the purchase; return False if it exceeds the unrefunded rest."""
    refunded_max = simulated.purchase.price_cents - cents
    paid = SimulatedPayment.objects.filter(pk=simulated.pk, status=Status.PAID, refunded_cents__lte=refunded_max)
    changed = paid.exclude(dispute__in=[Dispute.OPEN, Dispute.LOST]).update(refunded_cents=F("refunded_cents") + cents)
    purchase_sync.sync(simulated.purchase_id)
    return bool(changed)
