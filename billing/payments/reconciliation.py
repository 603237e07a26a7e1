"""Comparing purchases with their gateway, so that a webhook that never came costs time and nothing else."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet

from accounts.exceptions import ServiceError
from billing.exceptions import SalesClosed
from billing.models import Purchase
from billing.payments import gateways, settlement

logger = logging.getLogger(__name__)


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
    """Bring every purchase that was begun since then, or whose money moved since then, up to date.

    Raises:
        SalesClosed: No gateway is set up.
        PaymentsPaused: The gateway could not be asked which payments there are.
    """
    report = Report()
    name = gateways.current()
    if name is None:
        raise SalesClosed
    for purchase in _concerned(name, since, report):
        report.compared += 1
        _compare(purchase, report)
    return report


def _concerned(name: str, since: datetime, report: Report) -> Iterator[Purchase]:
    known: set[str] = set()
    for purchase in _begun_since(name, since).iterator():
        known.add(purchase.session_id or "")
        yield purchase
    for session_id in gateways.GATEWAYS[name].sessions_since(since):
        if session_id in known:
            continue
        known.add(session_id)
        earlier = _of_session(name, session_id)
        if earlier is None:
            report.unknown.append(session_id)
        else:
            yield earlier


def _begun_since(name: str, since: datetime) -> QuerySet[Purchase]:
    return Purchase.objects.filter(gateway=name, created_at__gte=since, session_id__isnull=False)


def _of_session(name: str, session_id: str) -> Purchase | None:
    """Return the purchase that a checkout belongs to, also if we had no time to note the checkout down."""
    purchase = Purchase.objects.filter(session_id=session_id).first()
    if purchase is not None:
        return purchase
    purchase_id = gateways.GATEWAYS[name].payment(session_id).purchase_id
    if purchase_id is not None:
        Purchase.objects.filter(pk=purchase_id, gateway=name, session_id=None).update(session_id=session_id)
    return Purchase.objects.filter(session_id=session_id).first()


def _compare(purchase: Purchase, report: Report) -> None:
    before = _facts(purchase)
    try:
        after = _facts(settlement.settle(purchase.pk))
    except ServiceError as error:
        report.failed.append(f"{purchase.pk}: {error.code}")
        return
    if after != before:
        logger.warning("purchase %s was behind its payment and is mended: %s", purchase.pk, after[0])
        report.repaired.append(f"{purchase.pk}: {before[0]} is now {after[0]}, {after[1]} credits taken back")


def _facts(purchase: Purchase) -> tuple[str, int]:
    return str(purchase.status), purchase.credits_taken_back
