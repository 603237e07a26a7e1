"""Worker processes as a deployment runs them, which a test can stop, freeze and kill."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from tests.images.providers.stand_in import ProviderStandIn

CHECKOUT = Path(__file__).resolve().parents[2]
END_SECONDS = 30


def database_url() -> str:
    """Return the URL of the test's own database, for processes that the test starts."""
    parts = connection.settings_dict
    return f"postgresql://{parts['USER']}:{quote(parts['PASSWORD'])}@{parts['HOST']}:{parts['PORT']}/{parts['NAME']}"


class WorkerProcess:
    """`manage.py worker` on the test's database, with the test's storage and providers."""

    def __init__(self, provider: ProviderStandIn, log: Path, **variables: str) -> None:
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "worker"],
                cwd=CHECKOUT,
                env={**environment(provider), **variables},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(END_SECONDS)

    def stop(self) -> int:
        """Send SIGTERM and return the exit status."""
        self.send(signal.SIGTERM)
        return self.process.wait(END_SECONDS)

    def wait(self) -> int:
        """Wait for the end and return the exit status: minus the signal's number if a signal ended the process."""
        return self.process.wait(END_SECONDS)

    @property
    def log_text(self) -> str:
        return self.log.read_text()


def environment(provider: ProviderStandIn) -> dict[str, Any]:
    """Return the environment of a process that uses the test's database, storage and providers."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database_url(),
        "TEST_MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "LEASE_SECONDS": "2",
        "SANDBOX_PROVIDERS": "off",
        "OPENAI_API_KEY": "provider-secret",
        "GEMINI_API_KEY": "provider-secret",
        "OPENAI_BASE_URL": provider.url_openai,
        "GOOGLE_GEMINI_BASE_URL": provider.url_google,
    }
