"""Jobs about credits, as the job engine knows them."""

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

RECONCILED_DAYS: Final = 3
MAIL_AGAIN: Final = RetryStrategy(max_attempts=8, exponential_wait=4)


@app.periodic(cron="* * * * *")
@app.task(name="billing.notice_low_balances", queueing_lock="billing.notice_low_balances")
async def notice_low_balances(timestamp: int) -> None:  # noqa: ARG001 - the job engine gives it
    """Find balances that have fallen below the level their owners chose."""
    await database.run_blocking(low_balance_alerts.enqueue_due)


@app.task(name=low_balance_alerts.SEND_ALERT, retry=MAIL_AGAIN)
async def send_low_balance(account_id: int) -> None:
    """Write to one of those owners."""
    await database.run_blocking(low_balance_alerts.send, account_id)


@app.periodic(cron="17 * * * *")
@app.task(name="billing.reconcile_payments", queueing_lock="billing.reconcile_payments")
async def reconcile_payments(timestamp: int) -> None:  # noqa: ARG001
    """Compare the purchases of the last days with Stripe, where it is set up."""
    if registry.current() == registry.STRIPE:
        await database.run_blocking(_reconcile)


def _reconcile() -> None:
    try:
        report = reconciliation.reconcile(timezone.now() - timedelta(days=RECONCILED_DAYS))
    except ServiceError as error:
        # The next hour's comparison looks at the same days again.
        logger.warning("payments were not compared: %s", error.code)
        return
    logger.info("payments: %s compared, %s repaired", report.compared, len(report.repaired))
