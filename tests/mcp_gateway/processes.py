"""Web server processes (uvicorn and daphne) on the test database."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from django.conf import settings

from development.launcher import free_port
from tests.concurrency import eventually
from tests.faults.processes import database_url

CHECKOUT = Path(__file__).resolve().parents[2]
STOP_TIMEOUT_SECONDS = 30

COMMANDS = {
    "uvicorn": ["uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--port"],
    "daphne": ["daphne", "config.asgi:application", "-b", "127.0.0.1", "-p"],
}


class WebServerProcess:
    """A running web server."""

    def __init__(self, server: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", *COMMANDS[server], str(port)],
            cwd=CHECKOUT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "tests.settings",
                "DATABASE_URL": database_url(),
                "TEST_MEDIA_ROOT": str(settings.MEDIA_ROOT),
                "SANDBOX_PROVIDERS": "on",
                "RATE_LIMIT_PER_MINUTE": "0",
            },
        )

    def is_ready(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/api/mcp").status_code == 401
        except httpx2.TransportError:
            return False

    def stop(self, signal_number: signal.Signals) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(signal_number)
        return self.process.wait(STOP_TIMEOUT_SECONDS)


@contextmanager
def web(server: str) -> Iterator[WebServerProcess]:
    """Run a server, and enter the block when it accepts requests."""
    process = WebServerProcess(server)
    try:
        eventually(process.is_ready)
        yield process
    finally:
        process.process.kill()
        process.process.wait()
