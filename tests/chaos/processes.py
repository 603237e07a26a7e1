"""Web and worker processes that are restarted whenever they end, as under systemd."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from development import launcher
from tests.chaos.stages import Board
from tests.faults.processes import CHECKOUT, database_url

UVICORN = (
    *("-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--log-level", "warning"),
    "--port",
)
RESTART_POLL_SECONDS = 0.05
LEASE_SECONDS = 3
# Few per worker, so that one kill does not hit all of the work.
WORKER_CONCURRENCY = 4
END_SECONDS = 60.0
EXPECTED_STATUSES = {0, -signal.SIGKILL, -signal.SIGTERM}


class Member:
    """One web or worker process, with its successors after restarts."""

    def __init__(self, name: str, role: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name, self.role = name, role
        self.starts = 0
        # While it is held, the process is not replaced.
        self.lock = threading.Lock()
        folder = Path(environment["CHAOS_FOLDER"])
        self.board = Board.create(folder / f"{name}.board")
        self._log = folder / f"{name}.log"
        self._command = [sys.executable, *command]
        self._environment = {**environment, "CHAOS_ROLE": role, "CHAOS_BOARD": str(folder / f"{name}.board")}
        # Shown in pg_stat_activity, so that the connections of one process can be terminated.
        self._environment["PGAPPNAME"] = name
        self.start()

    def start(self) -> None:
        self.board.clear()
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, cwd=CHECKOUT, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )
        self.starts += 1

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def freeze(self) -> bool:
        """Stop the process, so that its board is exact; False if it has ended."""
        self.send(signal.SIGSTOP)
        event = os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        return event is not None and event.si_code == os.CLD_STOPPED


@dataclass
class Fleet:
    """All the processes, and the faults in their exit statuses."""

    webs: list[Member]
    workers: list[Member]
    ports: list[int]
    faults: list[str] = field(default_factory=list)

    @property
    def urls(self) -> list[str]:
        return [_url(port) for port in self.ports]

    @property
    def members(self) -> list[Member]:
        return [*self.webs, *self.workers]

    def replace_ended(self) -> None:
        for member in self.members:
            with member.lock:
                if not member.is_alive:
                    self._check_status(member)
                    member.start()

    def stop(self) -> None:
        """Send SIGTERM to all processes, as a deployment does, and wait until they have ended."""
        for member in self.members:
            with member.lock:
                member.send(signal.SIGTERM)
        for member in self.members:
            try:
                member.process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self.faults.append(f"{member.name} did not end within {END_SECONDS:.0f} s of SIGTERM")
            self._check_status(member)

    def kill(self) -> None:
        for member in self.members:
            if member.is_alive:
                member.process.kill()
            member.process.wait()

    def are_ready(self) -> bool:
        return all(launcher.is_taken(port) for port in self.ports)

    def _check_status(self, member: Member) -> None:
        status = member.process.poll()
        if status is not None and status not in EXPECTED_STATUSES:
            self.faults.append(f"{member.name} ended with status {status}")


@contextmanager
def running(folder: Path, pictures: Path, *, webs: int, workers: int) -> Iterator[Fleet]:
    """Keep this many processes running while the block lasts."""
    ports = [launcher.free_port() for _ in range(webs)]
    environment = _environment(folder, pictures, _url(ports[0]))
    fleet = Fleet(
        [Member(f"web-{port}", "web", [*UVICORN, str(port)], environment) for port in ports],
        [Member(f"worker-{number}", "worker", ["manage.py", "worker"], environment) for number in range(workers)],
        ports,
    )
    stopping = threading.Event()
    supervisor = threading.Thread(target=lambda: _supervise(fleet, stopping), name="supervisor")
    supervisor.start()
    try:
        yield fleet
    finally:
        stopping.set()
        supervisor.join()
        fleet.stop()
        fleet.kill()


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _supervise(fleet: Fleet, stopping: threading.Event) -> None:
    while not stopping.wait(RESTART_POLL_SECONDS):
        fleet.replace_ended()


def _environment(folder: Path, pictures: Path, site_url: str) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
        "DATABASE_URL": database_url(),
        "SITE_URL": site_url,
        "DEBUG": "0",
        "LEASE_SECONDS": str(LEASE_SECONDS),
        "WORKER_CONCURRENCY": str(WORKER_CONCURRENCY),
        "SANDBOX_PROVIDERS": "on",
        "RATE_LIMIT_PER_MINUTE": "0",
        "OUTBOUND_ALLOW_LOOPBACK": "1",
        "MAX_RUNNING_PER_USER": "0",
        "TEST_MEDIA_ROOT": str(pictures),
        "TEST_STORAGE": "tests.faults.storages.FailsWhileUnavailable",
        "CHAOS_FOLDER": str(folder),
        "CHAOS_CALLS": str(folder / "calls"),
    }
