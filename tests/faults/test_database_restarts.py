"""PostgreSQL restarts while images are requested and generated."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import psycopg
import pytest

from infrastructure.postgresql import embedded_server
from tests.concurrency import eventually
from tests.faults.processes import CHECKOUT, WorkerProcess, environment
from tests.images.providers.stand_in import ProviderStandIn

FAST, IMMEDIATE, KILLED = signal.SIGINT, signal.SIGQUIT, signal.SIGKILL


class Server:
    """A PostgreSQL server for one test, with durable commits, which must survive a crash."""

    def __init__(self, local: Path, uses: ExitStack) -> None:
        self.local, self.uses = local, uses
        self.url = uses.enter_context(embedded_server.use(local))

    def restart(self, number: signal.Signals) -> None:
        """Stop it with this signal, and start it again at the same address."""
        home = (self.local / "postgres").resolve()
        os.kill(int((home / "data/postmaster.pid").read_text().split()[0]), number)
        eventually(lambda: not embedded_server._is_held(home / "server.lock"))
        assert self.uses.enter_context(embedded_server.use(self.local)) == self.url

    def count(self, condition: str) -> int:
        with psycopg.connect(self.url) as connection:
            row = connection.execute(f"SELECT count(*) FROM images_image WHERE {condition}").fetchone()  # noqa: S608
        return int(row[0]) if row else 0

    def has_generated(self, images: int) -> bool:
        return self.count("status = 'succeeded'") >= images


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    local = tmp_path / "local"
    with ExitStack() as uses:
        yield Server(local, uses)
    embedded_server.stop(local, force=True, remove=True)


def manage(env: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, "manage.py", *command]
    return subprocess.run(arguments, cwd=CHECKOUT, env=env, capture_output=True, text=True, check=False)


@pytest.mark.long
def test_every_requested_image_is_generated_despite_database_restarts(
    server: Server, provider: ProviderStandIn, tmp_path: Path
) -> None:
    variables = {**environment(provider), "DATABASE_URL": server.url, "MAX_RUNNING_PER_USER": "0"}
    assert manage(variables, "migrate").returncode == 0
    provider.delay_seconds = 0.2
    client_command = [sys.executable, "-m", "tests.faults.requests"]
    with (
        subprocess.Popen(client_command, cwd=CHECKOUT, env=variables, stdin=-1, stdout=-1, text=True) as client,
        WorkerProcess(provider, tmp_path / "worker.log", DATABASE_URL=server.url) as worker,
    ):
        for number in (FAST, IMMEDIATE, KILLED):
            generated = server.count("status = 'succeeded'")
            eventually(partial(server.has_generated, generated + 10))
            server.restart(number)
        # Requests after the last restart succeed as well.
        requested = server.count("TRUE")
        eventually(partial(server.has_generated, requested + 10))
        accepted = int(client.communicate()[0])
        eventually(lambda: server.count("finished_at IS NULL") == 0)
        assert worker.stop() == 0
    assert server.count("status = 'succeeded'") == server.count("TRUE") == accepted
    # No running generation was lost either: each image took one provider call.
    assert len(provider.requests) == accepted
    assert manage(variables, "audit_ledger").returncode == 0
