"""Finish or refund what no worker is busy with, once, by hand."""

import asyncio
from typing import Any

from django.core.management.base import BaseCommand

from images.worker import attempts, reconciliation
from infrastructure import database


class Command(BaseCommand):
    help = (
        "Hand images that nobody is making to the workers again, refund those past their deadline, and remove files "
        "that no image names. Waits for up to one lease when no worker has been there to keep leases."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        report = asyncio.run(self.run())
        self.stdout.write(f"requeued {report.requeued}, refunded {report.refunded}, swept {report.swept}")

    async def run(self) -> reconciliation.Report:
        while not await attempts.heartbeat():  # noqa: ASYNC110 - the database, not this process, knows when
            await asyncio.sleep(attempts.RENEWAL_SECONDS)
        try:
            return await database.run_blocking(reconciliation.reconcile)
        finally:
            await database.close()
