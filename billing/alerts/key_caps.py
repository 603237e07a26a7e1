"""Emails to owners of keys that have spent most of their monthly cap: one for each key, month and cap.

A worker checks the keys every minute, which adds no work to a charge. A higher cap allows another email in the month.
"""

import logging
import uuid
from datetime import date, timedelta
from typing import Any, Final, LiteralString

from django.conf import settings
from django.core.mail import send_mail
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from procrastinate.contrib.django import app

from accounts.models import ApiKey
from billing import usage
from billing.models import KeySpending
from infrastructure import jobs

logger = logging.getLogger(__name__)

SEND_ALERT: Final = "billing.send_cap_alert"
ALERT_PERCENT: Final = 80
BATCH: Final = 500

# Marks the rows that it returns. Rows that a charge has locked are left to the next minute.
MARK_DUE: Final[LiteralString] = """
WITH due AS (
    SELECT s.api_key_id, s.month, k.monthly_credit_cap AS cap
    FROM billing_keyspending s JOIN accounts_apikey k ON k.id = s.api_key_id
    WHERE s.month = %(month)s AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
      AND s.spent * 100 >= k.monthly_credit_cap::bigint * %(percent)s
      AND (s.alerted_cap IS NULL OR s.alerted_cap < k.monthly_credit_cap)
    LIMIT %(batch)s
    FOR UPDATE OF s SKIP LOCKED
)
UPDATE billing_keyspending s SET alerted_cap = due.cap FROM due
WHERE s.api_key_id = due.api_key_id AND s.month = due.month
RETURNING s.api_key_id
"""


def enqueue_due() -> int:
    """Enqueue one email for each key that has spent ALERT_PERCENT of its cap; return the number of these keys."""
    month = usage.this_month()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(MARK_DUE, {"month": month, "percent": ALERT_PERCENT, "batch": BATCH})
        due = [{"key_id": str(key_id), "month": month.isoformat()} for (key_id,) in cursor.fetchall()]
        # Jobs of workers that were killed before they sent the email start over.
        for arguments in [*due, *jobs.delete_stalled(SEND_ALERT)]:
            app.configure_task(SEND_ALERT).defer(**arguments)
    return len(due)


def send(key_id: str, month: str) -> None:
    """Send the email about a key, unless it has ended or has no longer spent that much of its cap.

    Raises:
        OSError: The mail server could not be reached; the job is retried.
    """
    of_month = date.fromisoformat(month)
    key = ApiKey.objects.select_related("user").filter(pk=uuid.UUID(key_id), revoked_at=None).first()
    spending = KeySpending.objects.filter(api_key_id=uuid.UUID(key_id), month=of_month)
    spent = spending.values_list("spent", flat=True).first() or 0
    if key is None or not key.is_live or of_month != usage.this_month():
        return
    cap = key.monthly_credit_cap
    if cap is None or spent * 100 < cap * ALERT_PERCENT:
        # A refund or a higher cap came before the email: clear the mark so that the next charge sends it.
        spending.update(alerted_cap=None)
        return
    subject = f"{key.name} has spent {100 * spent // cap}% of its monthly cap"
    send_mail(
        subject, render_to_string("billing/emails/cap.txt", _context(key, spent, of_month)), None, [key.user.email]
    )
    logger.info("key %s: cap email sent", key_id)


def _context(key: ApiKey, spent: int, month: date) -> dict[str, Any]:
    return {
        "key": key,
        "spent": spent,
        "next_month": (month + timedelta(days=31)).replace(day=1),
        "key_url": settings.SITE_URL + reverse("change-key", args=[key.pk]),
        "site_url": settings.SITE_URL,
    }
