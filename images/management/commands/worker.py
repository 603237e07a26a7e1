"""Command that runs a worker process; any number can run, on any machine with access to database and storage."""

import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from images.worker import metrics_server
from images.worker.process import Worker


class Command(BaseCommand):
    help = "Generate images until SIGTERM or Ctrl-C; then finish or hand back the running jobs and exit."
    # The checks load every page of the site, which a worker does not need; run `manage.py check` instead.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.WORKER_METRICS_PORT:
            self.serve_metrics(settings.WORKER_METRICS_PORT)
        asyncio.run(self.run())

    def serve_metrics(self, port: int) -> None:
        try:
            metrics_server.serve(port)
        except OSError as error:
            raise CommandError(
                f"WORKER_METRICS_PORT: cannot listen on port {port} ({error.strerror}). Use a different port for each "
                "worker on this machine."
            ) from error

    async def run(self) -> None:
        worker = Worker()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, worker.stop)
        await worker.run()
