"""Background jobs of the billing app: emails about balances and caps, and reconciliation of payments."""

import logging
from datetime import timedelta
from typing import Final

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from billing.alerts import key_caps, low_balance
from billing.payments import reconciliation, registry
from infrastructure import database
from infrastructure.exceptions import ServiceError

logger = logging.getLogger(__name__)

RECONCILE_DAYS: Final = 3
EMAIL_RETRY: Final = RetryStrategy(max_attempts=8, exponential_wait=4)


@app.periodic(cron="* * * * *")
@app.task(name="billing.notice_low_balances", queueing_lock="billing.notice_low_balances")
async def notice_low_balances(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate passes it to periodic tasks
    """Enqueue an email for each balance that fell below its alert level."""
    await database.run_blocking(low_balance.enqueue_due)


@app.task(name=low_balance.SEND_ALERT, retry=EMAIL_RETRY)
async def send_low_balance(account_id: int) -> None:
    """Send the low balance email of one account."""
    await database.run_blocking(low_balance.send, account_id)


@app.periodic(cron="* * * * *")
@app.task(name="billing.notice_caps", queueing_lock="billing.notice_caps")
async def notice_caps(timestamp: int) -> None:  # noqa: ARG001
    """Enqueue an email for each key that has spent most of its monthly cap."""
    await database.run_blocking(key_caps.enqueue_due)


@app.task(name=key_caps.SEND_ALERT, retry=EMAIL_RETRY)
async def send_cap_alert(key_id: str, month: str) -> None:
    """Send the email about the cap of one key."""
    await database.run_blocking(key_caps.send, key_id, month)


@app.periodic(cron="17 * * * *")
@app.task(name="billing.reconcile_payments", queueing_lock="billing.reconcile_payments")
async def reconcile_payments(timestamp: int) -> None:  # noqa: ARG001
    """Compare the purchases of the last RECONCILE_DAYS days with Stripe, if it is configured."""
    if registry.current() == registry.STRIPE:
        await database.run_blocking(_reconcile)


def _reconcile() -> None:
    try:
        report = reconciliation.reconcile(timezone.now() - timedelta(days=RECONCILE_DAYS))
    except ServiceError as error:
        # The run of the next hour covers the same days.
        logger.warning("reconciliation of payments failed: %s", error.code)
        return
    logger.info("reconciliation of payments: %s compared, %s repaired", report.compared, len(report.repairs))
