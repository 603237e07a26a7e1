"""The whole audit: the ledger's own rules, and that images and entries tell the same story."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from django.utils import timezone

from billing import audit, ledger
from billing.audit import Breach
from images.models import AuditRun

logger = logging.getLogger(__name__)

REPORTED_MAX: Final = 100
KEPT_FOR: Final = timedelta(days=90)

COUNTS: Final = {**audit.COUNTS, "images": "SELECT count(*) FROM images_image"}

CHECKS: Final = {
    **audit.CHECKS,
    "every image was charged its price once, to its user": """
        SELECT 'image ' || i.id, format('cost %s, charged %s', i.credit_cost, COALESCE(-c.amount, 0))
        FROM images_image i
        LEFT JOIN billing_ledgerentry c ON c.reference_id = i.id AND c.type = 'generation'
        LEFT JOIN billing_creditaccount a ON a.id = c.account_id
        WHERE c.id IS NULL OR -c.amount <> i.credit_cost OR a.user_id IS DISTINCT FROM i.user_id
    """,  # noqa: RUF100, S608
    "every charge has its image": """
        SELECT 'entry ' || c.id, format('charge of %s for no image %s', -c.amount, c.reference_id)
        FROM billing_ledgerentry c
        LEFT JOIN images_image i ON i.id = c.reference_id
        WHERE c.type = 'generation' AND i.id IS NULL
    """,
    "every image that failed was refunded": """
        SELECT 'image ' || i.id, format('%s without a refund', i.status)
        FROM images_image i
        LEFT JOIN billing_ledgerentry r ON r.reference_id = i.id AND r.type = 'refund'
        WHERE i.status IN ('failed', 'rejected', 'cancelled') AND r.id IS NULL
    """,
    "no other image was refunded, but by staff": f"""
        SELECT 'image ' || i.id, format('%s with a refund', i.status)
        FROM images_image i
        JOIN billing_ledgerentry r ON r.reference_id = i.id AND r.type = 'refund'
        WHERE i.status IN ('queued', 'running')
           OR i.status = 'succeeded' AND r.reason <> '{ledger.STAFF_REASON}'
    """,  # noqa: S608
    "lists show as many images as there are": """
        SELECT format('user %s, %s', COALESCE(c.user_id, i.user_id), COALESCE(c.status, i.status)),
               format('counted %s, images %s', COALESCE(c.images, 0), COALESCE(i.images, 0))
        FROM images_imagecount c
        FULL JOIN (
            SELECT user_id, status, count(*) AS images FROM images_image
            WHERE user_id IS NOT NULL AND deleted_at IS NULL
            GROUP BY user_id, status
        ) i ON i.user_id = c.user_id AND i.status = c.status
        WHERE COALESCE(c.images, 0) <> COALESCE(i.images, 0)
    """,
}


def counts() -> dict[str, int]:
    """Return how many accounts, entries, credits and images there are."""
    return audit.counts(COUNTS)


def breaches() -> Iterator[Breach]:
    """Yield every invariant violation."""
    return audit.breaches(CHECKS)


def run() -> AuditRun:
    """Check everything, keep what was found for staff, and say it in the log if something is wrong."""
    started_at = timezone.now()
    numbers, reported, found = counts(), [], 0
    for breach in breaches():
        found += 1
        if found <= REPORTED_MAX:
            reported.append(f"{breach.subject}: {breach.problem} ({breach.rule})")
    if found:
        logger.error("the audit of the ledger found %s breaches", found)
    AuditRun.objects.filter(started_at__lt=started_at - KEPT_FOR).delete()
    return AuditRun.objects.create(
        started_at=started_at, finished_at=timezone.now(), counts=numbers, breach_count=found, breaches=reported
    )


def acknowledge(audited: AuditRun) -> bool:
    """Let the breaches of an audit count as known. False if there were none, or they were known."""
    news = AuditRun.objects.filter(pk=audited.pk, breach_count__gt=0, acknowledged_at=None)
    return bool(news.update(acknowledged_at=timezone.now()))
