"""Run one round of reconciliation by hand."""

import asyncio
from typing import Any

from django.core.management.base import BaseCommand

from images.worker import attempts, heartbeat, reconciliation
from infrastructure import database


class Command(BaseCommand):
    help = (
        "Enqueue images that no worker is generating, refund those past their deadline, and remove unused files. "
        "Waits for up to one lease if no worker was running to renew leases."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        report = asyncio.run(self.run())
        self.stdout.write(f"requeued {report.requeued}, refunded {report.refunded}, swept {report.swept}")

    async def run(self) -> reconciliation.Report:
        while not await heartbeat.record():  # noqa: ASYNC110 - the state is in the database
            await asyncio.sleep(attempts.LEASES.renewal_seconds)
        try:
            return await database.run_blocking(reconciliation.reconcile)
        finally:
            await database.close()
