"""Comparing purchases with their gateway, so that a webhook that never came costs time and nothing else."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from billing.exceptions import PurchasesDisabled
from billing.models import Purchase
from billing.payments import purchase_sync, registry
from billing.payments.gateway import CHECKOUT_LIFETIME_MINUTES
from infrastructure.exceptions import ServiceError

logger = logging.getLogger(__name__)

# No bank takes longer to say whether it pays.
PENDING_DAYS_MAX: Final = 30


@dataclass(slots=True)
class Report:
    """What a comparison found: how many purchases were looked at, those that were brought up to date, and strangers."""

    compared: int = 0
    repaired: list[str] = field(default_factory=list)
    # Checkouts of the gateway's that are no purchase of ours.
    unknown: list[str] = field(default_factory=list)
    # Purchases that could not be compared, and why.
    failed: list[str] = field(default_factory=list)


def reconcile(since: datetime) -> Report:
    """Bring every purchase that was begun since then, is not finished, or whose money moved since then, up to date.

    Raises:
        SalesClosed: No gateway is set up.
        PaymentsPaused: The gateway could not be asked which payments there are.
    """
    report = Report()
    name = registry.current()
    if name is None:
        raise PurchasesDisabled
    _give_up_unbegun()
    for purchase in _concerned(name, since, report):
        report.compared += 1
        _compare(purchase, report)
    return report


def _concerned(name: str, since: datetime, report: Report) -> Iterator[Purchase]:
    known: set[str] = set()
    for purchase in _looked_at(name, since).iterator():
        known.add(purchase.session_id or "")
        yield purchase
    for session_id in registry.GATEWAYS[name].sessions_since(since):
        if session_id in known:
            continue
        known.add(session_id)
        earlier = _of_session(name, session_id)
        if earlier is None:
            report.unknown.append(session_id)
        else:
            yield earlier


def _looked_at(name: str, since: datetime) -> QuerySet[Purchase]:
    """Return what was begun since then, and what was begun earlier and has not come to its end."""
    pending = Q(status__in=Purchase.UNSETTLED, created_at__gte=timezone.now() - timedelta(days=PENDING_DAYS_MAX))
    concerned = Q(created_at__gte=since) | pending | Q(dispute=Purchase.Dispute.OPEN)
    return Purchase.objects.filter(concerned, gateway=name, session_id__isnull=False)


def _give_up_unbegun() -> None:
    """End purchases whose process died before a checkout was noted: should there be one, its event still finds them."""
    too_old = timezone.now() - timedelta(minutes=2 * CHECKOUT_LIFETIME_MINUTES)
    unbegun = Purchase.objects.filter(status=Purchase.Status.OPEN, session_id=None, created_at__lt=too_old)
    unbegun.update(status=Purchase.Status.EXPIRED)


def _of_session(name: str, session_id: str) -> Purchase | None:
    """Return the purchase that a checkout belongs to, also if we had no time to note the checkout down."""
    purchase = Purchase.objects.filter(session_id=session_id).first()
    if purchase is not None:
        return purchase
    purchase_id = registry.GATEWAYS[name].payment(session_id).purchase_id
    if purchase_id is not None:
        Purchase.objects.filter(pk=purchase_id, gateway=name, session_id=None).update(session_id=session_id)
    return Purchase.objects.filter(session_id=session_id).first()


def _compare(purchase: Purchase, report: Report) -> None:
    before = _facts(purchase)
    try:
        after = _facts(purchase_sync.sync(purchase.pk))
    except ServiceError as error:
        report.failed.append(f"{purchase.pk}: {error.code}")
        return
    except Exception as error:
        # Whatever is wrong with one purchase, the others are compared; staff are told of this one.
        logger.exception("purchase %s could not be compared", purchase.pk)
        report.failed.append(f"{purchase.pk}: {type(error).__name__}")
        return
    if after != before:
        logger.warning("purchase %s was behind its payment and is mended: %s", purchase.pk, after[0])
        report.repaired.append(f"{purchase.pk}: {before[0]} is now {after[0]}, {after[1]} credits taken back")


def _facts(purchase: Purchase) -> tuple[str, int]:
    return str(purchase.status), purchase.credits_taken_back
