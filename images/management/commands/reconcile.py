"""Command that reconciles once: requeues or refunds images that no worker holds."""

import asyncio
from typing import Any

from django.core.management.base import BaseCommand

from images.worker import attempts, reconciliation
from infrastructure import database


class Command(BaseCommand):
    help = (
        "Requeue unfinished images that no worker holds, refund those past their deadline, and remove files that no "
        "image uses. If no worker has been running, waits for up to the duration of a lease first."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        report = asyncio.run(self.run())
        self.stdout.write(f"requeued {report.requeued}, refunded {report.refunded}, swept {report.swept}")

    async def run(self) -> reconciliation.Report:
        while not await attempts.heartbeat():  # noqa: ASYNC110 - the condition is in the database
            await asyncio.sleep(attempts.RENEWAL_SECONDS)
        try:
            return await database.run_blocking(reconciliation.reconcile)
        finally:
            await database.close()
