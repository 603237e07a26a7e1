"""Writing to users whose balance has fallen below the level they chose: once, until it is topped up again.

The worker looks every minute, so that a charge has nothing more to do. What tops a balance up is for the ledger to
say: a refund of an image that failed does not.
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
from infrastructure import jobs

logger = logging.getLogger(__name__)

SEND_ALERT = "billing.send_low_balance"
BATCH = 500


def set_level(user_id: uuid.UUID, level: int | None) -> None:
    """Have one e-mail sent when the balance falls below this many credits; None for none.

    A level that the balance is below already is not told of: the user sees it as they set it.
    """
    accounts = CreditAccount.objects.filter(user_id=user_id)
    with transaction.atomic():
        accounts.update(alert_level=level, alerted_at=None)
        accounts.filter(balance__lt=F("alert_level")).update(alerted_at=Now())


def active_level(user_id: uuid.UUID) -> int | None:
    """Return the level that the user's balance is below, None if it is not, or if they chose none."""
    low = CreditAccount.objects.filter(user_id=user_id, balance__lt=F("alert_level"))
    return low.values_list("alert_level", flat=True).first()


def enqueue_due() -> int:
    """Find balances that have fallen below their level, and have each told of once; return how many."""
    low = CreditAccount.objects.filter(
        alert_level__isnull=False, alerted_at=None, balance__lt=F("alert_level"), user__isnull=False
    )
    with transaction.atomic():
        ids = list(low.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:BATCH])
        CreditAccount.objects.filter(pk__in=ids).update(alerted_at=Now())
        # Jobs of workers that were killed before they sent the e-mail start over.
        stalled = [job["account_id"] for job in jobs.delete_stalled(SEND_ALERT)]
        for account_id in [*ids, *stalled]:
            app.configure_task(SEND_ALERT).defer(account_id=account_id)
    return len(ids)


def send(account_id: int) -> None:
    """Write to the owner of an account that its balance is low, unless they have left or it is not any more.

    Raises:
        OSError: The mail could not be handed over; the job is tried again.
    """
    # A refund has lifted it before anybody was told: the next fall is the first one.
    CreditAccount.objects.filter(pk=account_id, balance__gte=F("alert_level")).update(alerted_at=None)
    account = CreditAccount.objects.select_related("user").filter(pk=account_id, user__isnull=False).first()
    if account is None or account.user is None or account.alerted_at is None:
        return
    links = {"site_url": settings.SITE_URL, "billing_url": settings.SITE_URL + reverse("billing")}
    text = render_to_string("billing/emails/low_balance.txt", {"account": account, **links})
    noun = "credit" if account.balance == 1 else "credits"
    send_mail(f"{account.balance:,} {noun} left", text, None, [account.user.email])
    logger.info("account %s: told of its low balance", account_id)
