"""Audit of the ledger's rules and of the agreement between images and ledger entries."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from django.utils import timezone

from billing import audit, ledger
from billing.audit import Breach
from images.models import AuditRun

logger = logging.getLogger(__name__)

# An audit stores this many descriptions of breaches; the count covers all.
REPORTED_BREACHES_MAX: Final = 100
RUN_LIFETIME: Final = timedelta(days=90)

COUNTS: Final = {**audit.COUNTS, "images": "SELECT count(*) FROM images_image"}

CHECKS: Final = {
    **audit.CHECKS,
    "every image was charged once, at its price, to its owner": """
        SELECT 'image ' || i.id, format('cost %s, charged %s', i.credit_cost, COALESCE(-c.amount, 0))
        FROM images_image i
        LEFT JOIN billing_ledgerentry c ON c.reference_id = i.id AND c.type = 'generation'
        LEFT JOIN billing_creditaccount a ON a.id = c.account_id
        WHERE c.id IS NULL OR -c.amount <> i.credit_cost OR a.user_id IS DISTINCT FROM i.user_id
    """,  # noqa: RUF100, S608
    "every charge belongs to an image": """
        SELECT 'entry ' || c.id, format('charge of %s for no image %s', -c.amount, c.reference_id)
        FROM billing_ledgerentry c
        LEFT JOIN images_image i ON i.id = c.reference_id
        WHERE c.type = 'generation' AND i.id IS NULL
    """,
    "every failed image was refunded": """
        SELECT 'image ' || i.id, format('%s without a refund', i.status)
        FROM images_image i
        LEFT JOIN billing_ledgerentry r ON r.reference_id = i.id AND r.type = 'refund'
        WHERE i.status IN ('failed', 'rejected', 'cancelled') AND r.id IS NULL
    """,
    "other images are refunded only by staff": f"""
        SELECT 'image ' || i.id, format('%s with a refund', i.status)
        FROM images_image i
        JOIN billing_ledgerentry r ON r.reference_id = i.id AND r.type = 'refund'
        WHERE i.status IN ('queued', 'running')
           OR i.status = 'succeeded' AND r.reason <> '{ledger.STAFF_REASON}'
    """,  # noqa: S608
    "stored image counts match the images": """
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
    "stored daily spending matches the images without a refund": """
        SELECT format('user %s, %s, %s', COALESCE(s.user_id, i.user_id), COALESCE(s.day, i.day),
                      COALESCE(s.model_id, i.model_id)),
               format('summed up %s images for %s, images %s for %s', COALESCE(s.images, 0), COALESCE(s.credits, 0),
                      COALESCE(i.images, 0), COALESCE(i.credits, 0))
        FROM images_spendsummary s
        FULL JOIN (
            SELECT user_id, (created_at AT TIME ZONE 'UTC')::date AS day, model_id, count(*) AS images,
                   sum(credit_cost) AS credits
            FROM images_image i
            WHERE user_id IS NOT NULL AND NOT EXISTS (
                SELECT FROM billing_ledgerentry r WHERE r.reference_id = i.id AND r.type = 'refund'
            )
            GROUP BY 1, 2, 3
        ) i USING (user_id, day, model_id)
        WHERE COALESCE(s.images, 0) <> COALESCE(i.images, 0) OR COALESCE(s.credits, 0) <> COALESCE(i.credits, 0)
    """,
}


def counts() -> dict[str, int]:
    """Return the numbers of accounts, entries, credits, purchases and images, by name."""
    return audit.counts(COUNTS)


def breaches() -> Iterator[Breach]:
    """Yield every invariant violation."""
    return audit.breaches(CHECKS)


def run() -> AuditRun:
    """Run every check, store the result for staff, log an error if there are breaches and delete old results."""
    started_at = timezone.now()
    audited_counts = counts()
    breach_count, reported = 0, []
    for breach in breaches():
        breach_count += 1
        if breach_count <= REPORTED_BREACHES_MAX:
            reported.append(f"{breach.subject}: {breach.problem} ({breach.rule})")
    if breach_count:
        logger.error("the audit of the ledger found %s breaches", breach_count)
    AuditRun.objects.filter(started_at__lt=started_at - RUN_LIFETIME).delete()
    return AuditRun.objects.create(
        started_at=started_at,
        finished_at=timezone.now(),
        counts=audited_counts,
        breach_count=breach_count,
        breaches=reported,
    )


def acknowledge(audit_run: AuditRun) -> bool:
    """Mark the breaches of an audit as seen by staff. False if there are none or they are already acknowledged."""
    unacknowledged = AuditRun.objects.filter(pk=audit_run.pk, breach_count__gt=0, acknowledged_at=None)
    return bool(unacknowledged.update(acknowledged_at=timezone.now()))
