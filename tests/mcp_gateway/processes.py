"""The web service as processes of their own: uvicorn and daphne, on the test's database."""

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
END_SECONDS = 30

COMMANDS = {
    "uvicorn": ["uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--port"],
    "daphne": ["daphne", "config.asgi:application", "-b", "127.0.0.1", "-p"],
}


class Web:
    """A process that answers HTTP."""

    def __init__(self, name: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", *COMMANDS[name], str(port)],
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

    def answers(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/api/mcp").status_code == 401
        except httpx2.TransportError:
            return False

    def end(self, number: signal.Signals) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(END_SECONDS)


@contextmanager
def web(name: str) -> Iterator[Web]:
    """Run a server for as long as the block lasts; it begins when it answers."""
    running = Web(name)
    try:
        eventually(running.answers)
        yield running
    finally:
        running.process.kill()
        running.process.wait()
