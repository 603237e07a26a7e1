"""Start and stop a web process and a worker process on this machine."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.conf import settings

HOST = "127.0.0.1"
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


def free_port() -> int:
    """Return a port that is free at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def is_taken(port: int) -> bool:
    """Return whether a process listens on this port."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@contextlib.contextmanager
def running(port: int, extra_environment: Mapping[str, str] | None = None) -> Iterator[Service]:
    """Run a web process and a worker during the block, which starts once the web process accepts requests.

    Both inherit this process's environment and database; `extra_environment` adds or overrides variables.

    Raises:
        ChildProcessError: A process ended before it was ready.
        TimeoutError: The web process did not accept connections within START_TIMEOUT_SECONDS.
    """
    uvicorn = ["uvicorn", "config.asgi:application", "--host", HOST, "--port", str(port)]
    commands = {
        "web": [sys.executable, "-m", *uvicorn, "--no-access-log", "--no-proxy-headers", "--log-level", "warning"],
        "worker": [sys.executable, "manage.py", "worker"],
    }
    environment = {**os.environ, "DATABASE_URL": settings.DATABASE_URL, "SECRET_KEY": settings.SECRET_KEY}
    environment |= {"PORT": str(port), "DEBUG": str(settings.DEBUG), **(extra_environment or {})}
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in commands.items():
            # A new session: Ctrl-C in the terminal reaches only this process, which then stops the others in order.
            processes[name] = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, start_new_session=True)  # noqa: S603
        service = Service(f"http://{HOST}:{port}", processes)
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
