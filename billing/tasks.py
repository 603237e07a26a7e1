"""Background jobs about credits and payments, as the job engine calls them."""

import logging
from datetime import timedelta
from typing import Final

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from billing import low_balance_alerts
from billing.payments import reconciliation, registry
from infrastructure import database
from infrastructure.exceptions import ServiceError

logger = logging.getLogger(__name__)

RECONCILE_DAYS: Final = 3
EMAIL_RETRY: Final = RetryStrategy(max_attempts=8, exponential_wait=4)


@app.periodic(cron="* * * * *")
@app.task(name="billing.notice_low_balances", queueing_lock="billing.notice_low_balances")
async def notice_low_balances(timestamp: int) -> None:  # noqa: ARG001 - passed by the job engine
    """Enqueue an alert for every balance that fell below its owner's alert level."""
    await database.run_blocking(low_balance_alerts.enqueue_due)


@app.task(name=low_balance_alerts.SEND_ALERT, retry=EMAIL_RETRY)
async def send_low_balance(account_id: int) -> None:
    """Send one low-balance alert."""
    await database.run_blocking(low_balance_alerts.send, account_id)


@app.periodic(cron="17 * * * *")
@app.task(name="billing.reconcile_payments", queueing_lock="billing.reconcile_payments")
async def reconcile_payments(timestamp: int) -> None:  # noqa: ARG001
    """Compare the purchases of the last days with Stripe, if Stripe is the payment gateway."""
    if registry.current() == registry.STRIPE:
        await database.run_blocking(_reconcile)


def _reconcile() -> None:
    try:
        report = reconciliation.reconcile(timezone.now() - timedelta(days=RECONCILE_DAYS))
    except ServiceError as error:
        # The next hour's comparison covers the same days.
        logger.warning("payments were not compared: %s", error.code)
        return
    logger.info("payments: %s compared, %s repaired", report.compared, len(report.repaired))
