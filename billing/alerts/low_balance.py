"""Emails to users whose balance falls below their alert level: one email, and no other until the balance is topped up.

A worker checks all balances every minute, which adds no work to a charge. The ledger decides what counts as a top-up:
purchases, grants and adjustments do, refunds of images do not.
"""

import logging
import uuid

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.urls import reverse
from procrastinate.contrib.django import app

from billing.models import CreditAccount
from billing.money import credits_text
from billing.payments import sales
from billing.signals import balance_low
from infrastructure import jobs

logger = logging.getLogger(__name__)

SEND_ALERT = "billing.send_low_balance"
BATCH = 500


def set_level(user_id: uuid.UUID, level: int | None) -> None:
    """Set the balance, in whole credits, below which the user receives an email; None turns the emails off.

    If the balance is already below the level, no email is sent: the page where the user sets it shows the balance.
    """
    accounts = CreditAccount.objects.filter(user_id=user_id)
    with transaction.atomic():
        accounts.update(alert_level=level, alerted_at=None)
        accounts.filter(balance__lt=F("alert_level")).update(alerted_at=Now())


def active_level(user_id: uuid.UUID) -> int | None:
    """Return the user's alert level in whole credits if the balance is below it, else None."""
    low = CreditAccount.objects.filter(user_id=user_id, balance__lt=F("alert_level"))
    return low.values_list("alert_level", flat=True).first()


def enqueue_due() -> int:
    """Enqueue one email and send one signal for each balance that fell below its alert level; return their number."""
    low = CreditAccount.objects.filter(
        alert_level__isnull=False, alerted_at=None, balance__lt=F("alert_level"), user__isnull=False
    )
    with transaction.atomic():
        accounts = list(low.select_for_update(skip_locked=True, of=("self",))[:BATCH])
        ids = [account.pk for account in accounts]
        CreditAccount.objects.filter(pk__in=ids).update(alerted_at=Now())
        # Jobs of workers that were killed before they sent the email start over.
        stalled = [job["account_id"] for job in jobs.delete_stalled(SEND_ALERT)]
        for account_id in [*ids, *stalled]:
            app.configure_task(SEND_ALERT).defer(account_id=account_id)
        for account in accounts:
            balance_low.send(
                CreditAccount, user_id=account.user_id, balance=account.balance, alert_level=account.alert_level
            )
    return len(ids)


def send(account_id: int) -> None:
    """Send the email of an account, unless its user is deleted or its balance is no longer below the level.

    Raises:
        OSError: The mail server could not be reached; the job is retried.
    """
    # A refund raised the balance before the email was sent: clear the mark so that the next fall sends it.
    CreditAccount.objects.filter(pk=account_id, balance__gte=F("alert_level")).update(alerted_at=None)
    account = CreditAccount.objects.select_related("user").filter(pk=account_id, user__isnull=False).first()
    if account is None or account.user is None or account.alerted_at is None:
        return
    links = {"site_url": settings.SITE_URL, "billing_url": settings.SITE_URL + reverse("billing")}
    context = {"account": account, "can_buy_credits": sales.is_open(), **links}
    text = render_to_string("billing/emails/low_balance.txt", context)
    send_mail(f"{credits_text(account.balance)} left", text, None, [account.user.email])
    logger.info("account %s: low balance email sent", account_id)
