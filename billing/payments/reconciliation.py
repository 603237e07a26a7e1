"""Comparison of purchases with their payments, which repairs those whose webhook event was lost."""

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

# Banks confirm or reject a pending payment within this time.
PENDING_DAYS_MAX: Final = 30


@dataclass(slots=True)
class Report:
    """Result of a reconciliation; `compared` is the number of purchases that were tried, including failures."""

    compared: int = 0
    # Purchases that were out of date, with their new state.
    repairs: list[str] = field(default_factory=list)
    # Session ids of checkouts that belong to no purchase.
    unknown_sessions: list[str] = field(default_factory=list)
    # Purchases that could not be synced, with the error.
    failures: list[str] = field(default_factory=list)


def reconcile(since: datetime) -> Report:
    """Sync the purchases that are unfinished or disputed, and those with a checkout created since a time.

    Raises:
        PurchasesDisabled: No payment gateway is configured.
        PaymentServiceUnavailable: The gateway could not list its checkouts, or show one that no purchase has.
    """
    report = Report()
    gateway = registry.current()
    if gateway is None:
        raise PurchasesDisabled
    _expire_without_checkout()
    for purchase in _to_compare(gateway, since, report):
        report.compared += 1
        _compare(purchase, report)
    return report


def _to_compare(gateway: str, since: datetime, report: Report) -> Iterator[Purchase]:
    """Yield the purchases to sync: those found in the database, then those found only at the gateway."""
    session_ids: set[str] = set()
    for purchase in _in_database(gateway, since).iterator():
        session_ids.add(purchase.session_id or "")
        yield purchase
    for session_id in registry.GATEWAYS[gateway].list_sessions_since(since):
        if session_id in session_ids:
            continue
        session_ids.add(session_id)
        purchase_of_session = _find_purchase(gateway, session_id)
        if purchase_of_session is None:
            report.unknown_sessions.append(session_id)
        else:
            yield purchase_of_session


def _in_database(gateway: str, since: datetime) -> QuerySet[Purchase]:
    """Return purchases created since a time, and earlier ones with a pending payment or an open dispute."""
    pending = Q(status__in=Purchase.UNFINISHED, created_at__gte=timezone.now() - timedelta(days=PENDING_DAYS_MAX))
    condition = Q(created_at__gte=since) | pending | Q(dispute=Purchase.Dispute.OPEN)
    return Purchase.objects.filter(condition, gateway=gateway, session_id__isnull=False)


def _expire_without_checkout() -> None:
    """Expire purchases whose web process died before it stored a checkout.

    If the gateway did create one, its webhook event still finds the purchase.
    """
    # Twice the lifetime, for clocks that differ: no checkout of such a purchase can be paid any more.
    abandoned_before = timezone.now() - timedelta(minutes=2 * CHECKOUT_LIFETIME_MINUTES)
    abandoned = Purchase.objects.filter(status=Purchase.Status.OPEN, session_id=None, created_at__lt=abandoned_before)
    abandoned.update(status=Purchase.Status.EXPIRED)


def _find_purchase(gateway: str, session_id: str) -> Purchase | None:
    """Return the purchase of a checkout, and store the session id if the web process died before it did."""
    purchase = Purchase.objects.filter(session_id=session_id).first()
    if purchase is not None:
        return purchase
    purchase_id = registry.GATEWAYS[gateway].get_payment(session_id).purchase_id
    if purchase_id is not None:
        Purchase.objects.filter(pk=purchase_id, gateway=gateway, session_id=None).update(session_id=session_id)
    return Purchase.objects.filter(session_id=session_id).first()


def _compare(purchase: Purchase, report: Report) -> None:
    before = _state(purchase)
    try:
        after = _state(purchase_sync.sync(purchase.pk))
    except ServiceError as error:
        report.failures.append(f"{purchase.pk}: {error.code}")
        return
    except Exception as error:
        # An unexpected error must not stop the comparison of other purchases. The log alerts staff to this one.
        logger.exception("purchase %s could not be compared", purchase.pk)
        report.failures.append(f"{purchase.pk}: {type(error).__name__}")
        return
    if after != before:
        logger.warning("purchase %s was out of date and is repaired: %s", purchase.pk, after[0])
        report.repairs.append(f"{purchase.pk}: {before[0]} is now {after[0]}, {after[1]} credits clawed back")


def _state(purchase: Purchase) -> tuple[str, int]:
    return str(purchase.status), purchase.credits_clawed_back
