"""Run background jobs: any number of worker processes, on any machine that reaches the database and the storage."""

import asyncio
import gc
import signal
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from images.providers import registry
from images.worker import metrics_server
from images.worker.process import Worker


class Command(BaseCommand):
    help = "Run jobs until SIGTERM or Ctrl-C, then finish the running ones and exit."
    # The checks import every page of the site, which a worker never serves. `manage.py check` runs them.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.WORKER_METRICS_PORT:
            self.serve_metrics(settings.WORKER_METRICS_PORT)
        registry.load()
        # As in config/asgi.py.
        gc.freeze()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self.run())

    def serve_metrics(self, port: int) -> None:
        try:
            metrics_server.serve(port)
        except OSError as error:
            raise CommandError(
                f"WORKER_METRICS_PORT: port {port} is not available ({error.strerror}). Each worker on a machine needs "
                "a port of its own."
            ) from error

    async def run(self) -> None:
        worker = Worker()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, worker.stop)
        await worker.run()
