"""Start and stop a web process and a worker process on this machine."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.conf import settings

from development import loopback
from development.loopback import free_port, is_taken

__all__ = ["HOST", "Service", "free_port", "is_taken", "running"]

HOST = loopback.IPV4
START_TIMEOUT_SECONDS = 60
STOP_TIMEOUT_SECONDS = 30
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Service:
    """A running service: its address and its processes."""

    url: str
    processes: Mapping[str, subprocess.Popen[bytes]]

    def wait_for_exit(self) -> str:
        """Wait until one of the processes exits, and return its name."""
        while True:
            for name, process in self.processes.items():
                if process.poll() is not None:
                    return name
            time.sleep(POLL_SECONDS)


@contextlib.contextmanager
def running(port: int, extra_environment: Mapping[str, str] | None = None) -> Iterator[Service]:
    """Run a web process and a worker during the block, which starts once the web process accepts requests.

    Both inherit this process's environment and database; `extra_environment` adds or overrides variables. SITE_URL is
    the address of the service unless it is set.

    Raises:
        ChildProcessError: A process ended before it was ready.
        TimeoutError: The web process did not accept connections within START_TIMEOUT_SECONDS.
    """
    url = f"http://{loopback.NAME}:{port}"
    commands = {
        "web": [sys.executable, "-m", "development.loopback", str(port)],
        "worker": [sys.executable, "manage.py", "worker"],
    }
    environment = {"SITE_URL": url, **os.environ}
    environment |= {"DATABASE_URL": settings.DATABASE_URL, "SECRET_KEY": settings.SECRET_KEY}
    environment |= {"PORT": str(port), "DEBUG": str(settings.DEBUG), **(extra_environment or {})}
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in commands.items():
            # A new session: Ctrl-C in the terminal reaches only this process, which then stops the others in order.
            processes[name] = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, start_new_session=True)  # noqa: S603
        service = Service(url, processes)
        _wait_until_ready(service, port)
        yield service
    finally:
        _stop(processes)


def _wait_until_ready(service: Service, port: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    # uvicorn listens only after the application has started.
    while not is_taken(port):
        for name, process in service.processes.items():
            if process.poll() is not None:
                raise ChildProcessError(f"The {name} process exited with status {process.returncode} during startup.")
        if time.monotonic() > deadline:
            raise TimeoutError(f"The web process did not start within {START_TIMEOUT_SECONDS} s.")
        time.sleep(POLL_SECONDS)


def _stop(processes: Mapping[str, subprocess.Popen[bytes]]) -> None:
    for process in processes.values():
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in processes.values():
        try:
            process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            # The next worker retries an image that is still being generated.
            process.kill()
            process.wait()
