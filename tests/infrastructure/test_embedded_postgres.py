"""The embedded PostgreSQL, on real servers in folders of their own."""

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
from contextlib import ExitStack, contextmanager
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from infrastructure import embedded_postgres
from infrastructure.embedded_postgres import EmbeddedPostgresError

CHECKOUT = Path(embedded_postgres.__file__).parent.parent
WAIT_FOR_END_SECONDS = 30

# Whoever starts the tests in the background has Ctrl-C ignored in all that they start.
USE = """
import signal, sys
from pathlib import Path
from infrastructure import embedded_postgres
signal.signal(signal.SIGINT, signal.default_int_handler)
with embedded_postgres.use(Path(sys.argv[1]), durable=False) as url:
    print(url, flush=True)
    sys.stdin.read()
"""
START = """
import sys
from pathlib import Path
from infrastructure import embedded_postgres
print(embedded_postgres.start(Path(sys.argv[1])))
"""
FORK = """
import os, sys
from pathlib import Path
from infrastructure import embedded_postgres
url = embedded_postgres.start(Path(sys.argv[1]), durable=False)
if os.fork() == 0:
    sys.exit()
os.wait()
print(url, flush=True)
sys.stdin.read()
"""
USE_AS_NOBODY = """
import os, sys
from pathlib import Path
from infrastructure import embedded_postgres
os.setgroups([])
os.setgid(int(sys.argv[3]))
os.setuid(int(sys.argv[2]))
with embedded_postgres.use(Path(sys.argv[1]), durable=False) as url:
    print(url, flush=True)
    sys.stdin.read()
"""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change to another account")


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / ".local"
    yield folder
    embedded_postgres.stop(folder, force=True, remove=True)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a server that is in use, for tests that leave it as it is."""
    folder = tmp_path_factory.mktemp("used") / ".local"
    with embedded_postgres.use(folder):
        yield folder
    embedded_postgres.stop(folder, remove=True)


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("made") / ".local"
    with embedded_postgres.use(folder, durable=False):
        pass
    yield folder
    embedded_postgres.stop(folder, remove=True)


@pytest.fixture
def made(made_once: Path) -> Iterator[Path]:
    """The folder of a server that does not run, for tests that start it: making one takes longer than they do."""
    yield made_once
    embedded_postgres.stop(made_once, force=True)


@pytest.fixture
def open_local() -> Iterator[Path]:
    """A folder that any account can reach, which root's tmp_path is not."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / ".local"
        Path(parent).chmod(0o755)
        yield folder
        embedded_postgres.stop(folder, force=True, remove=True)


@contextmanager
def another(local: Path, *arguments: str, program: str = USE, **options: Any) -> Iterator["subprocess.Popen[str]"]:
    """Another process that does what `program` says and, if that is to use the server, leaves at the end."""
    command = [sys.executable, "-c", program, str(local), *arguments]
    options |= {"cwd": CHECKOUT, "stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **options) as process:
        yield process


def line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def ask(url: str, statement: str) -> Any:
    with psycopg.connect(url, connect_timeout=WAIT_FOR_END_SECONDS) as connection:
        cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
        return row and row[0]


def runs(url: str) -> bool:
    try:
        return bool(ask(url, "SELECT true"))
    except psycopg.OperationalError:
        return False


def postmaster(local: Path) -> int:
    return int((local / "postgres/data/postmaster.pid").read_text().split()[0])


def port(url: str) -> int:
    return urlsplit(url).port or 0


def test_a_first_start_gives_a_database_that_sorts_alike_everywhere(used: Path) -> None:
    with embedded_postgres.use(used) as url:
        assert ask(url, "SELECT current_database()") == "getimages"
        assert ask(url, "SHOW server_encoding") == "UTF8"
        locale = "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = current_database()"
        assert ask(url, locale) == "bC.UTF-8"
        assert ask(url, "SHOW max_connections") == "200"
        assert ask(url, "SHOW fsync") == "on"


def test_a_server_for_tests_does_without_durability(made: Path) -> None:
    with embedded_postgres.use(made, durable=False) as url:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            assert ask(url, f"SHOW {name}") == "off"


def test_who_joins_gets_the_same_url(used: Path) -> None:
    with embedded_postgres.use(used) as first, another(used) as process, embedded_postgres.use(used) as third:
        assert first == line(process) == third


def test_joining_starts_no_process(used: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(subprocess, "Popen")
    with embedded_postgres.use(used) as url:
        assert runs(url)


def test_data_and_url_survive_a_stop(made: Path) -> None:
    with embedded_postgres.use(made) as first:
        ask(first, "CREATE TABLE kept AS SELECT 7 AS seven")
    with embedded_postgres.use(made) as second:
        assert second == first
        assert ask(second, "SELECT seven FROM kept") == 7


def test_the_last_one_out_stops_it(made: Path) -> None:
    with another(made) as process:
        with embedded_postgres.use(made) as url:
            assert line(process) == url
        assert runs(url)
    assert not runs(url)


def test_a_process_that_only_starts_it_takes_it_along_when_it_ends(made: Path) -> None:
    with another(made, program=START) as process:
        url = line(process)
    assert process.returncode == 0
    assert url.startswith("postgresql://")
    assert not runs(url)
    assert not (made / "postgres/data/postmaster.pid").exists()


def test_a_killed_user_counts_as_gone(made: Path) -> None:
    with another(made) as process:
        url = line(process)
        with embedded_postgres.use(made):
            process.kill()
            process.wait(WAIT_FOR_END_SECONDS)
            assert runs(url)
        assert not runs(url)


def test_a_server_whose_starter_was_killed_is_joined_and_then_stopped(made: Path) -> None:
    with another(made) as process:
        url = line(process)
        process.kill()
        process.wait(WAIT_FOR_END_SECONDS)
    left_over = postmaster(made)
    with embedded_postgres.use(made) as again:
        assert (again, postmaster(made)) == (url, left_over)
    assert not runs(url)


def test_a_forked_child_that_ends_does_not_stop_its_parents_server(made: Path) -> None:
    with another(made, program=FORK) as process:
        assert runs(line(process))


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(used: Path) -> None:
    with another(used, start_new_session=True, stderr=subprocess.DEVNULL) as process:
        url = line(process)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(WAIT_FOR_END_SECONDS) != 0
        assert runs(url)


def test_a_killed_server_recovers_at_the_next_start(made: Path) -> None:
    with embedded_postgres.use(made) as url, embedded_postgres.use(made):
        ask(url, "CREATE TABLE recovered AS SELECT 7 AS seven")
        killed = postmaster(made)
        ending = os.pidfd_open(killed)
        os.kill(killed, signal.SIGKILL)
        assert select.select([ending], [], [], WAIT_FOR_END_SECONDS)[0]
        os.close(ending)
        with embedded_postgres.use(made) as recovered:
            assert postmaster(made) != killed
            assert ask(recovered, "SELECT seven FROM recovered") == 7


@pytest.mark.parametrize("owner", ["another server", "nothing"])
def test_a_stale_process_number_does_not_hinder_a_start(made: Path, used: Path, owner: str) -> None:
    with embedded_postgres.use(made) as url:
        lines = (made / "postgres/data/postmaster.pid").read_text().splitlines()
    number = postmaster(used) if owner == "another server" else 2**22 + 1
    (made / "postgres/data/postmaster.pid").write_text("\n".join([str(number), *lines[1:]]) + "\n")
    with embedded_postgres.use(made) as again:
        assert runs(again)
        assert again == url
    os.kill(postmaster(used), 0)


def test_a_cluster_that_was_left_half_made_is_made_anew(local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = subprocess.run

    def interrupted(command: tuple[str | Path, ...], **options: Any) -> Any:
        if "--single" in command:
            raise KeyboardInterrupt
        return run(command, **options)

    with monkeypatch.context() as interruption:
        interruption.setattr(subprocess, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            embedded_postgres.use(local).__enter__()
    with embedded_postgres.use(local) as url:
        assert runs(url)


def test_concurrent_first_starts_yield_one_server(local: Path) -> None:
    with ExitStack() as stack:
        processes = [stack.enter_context(another(local)) for _ in range(4)]
        urls = {line(process) for process in processes}
        assert len(urls) == 1
        assert runs(urls.pop())


def test_a_taken_port_is_exchanged_for_another(made: Path) -> None:
    with embedded_postgres.use(made) as first:
        pass
    with socket.create_server(("127.0.0.1", port(first))), embedded_postgres.use(made) as second:
        assert port(second) != port(first)
        assert runs(second)


def test_two_checkouts_never_meet(local: Path, tmp_path: Path) -> None:
    with embedded_postgres.use(local) as ours, embedded_postgres.use(tmp_path / "other/.local") as theirs:
        ask(ours, "CREATE TABLE ours ()")
        assert port(ours) != port(theirs)
        assert ask(theirs, "SELECT to_regclass('ours') IS NULL")
    embedded_postgres.stop(tmp_path / "other/.local", remove=True)


def test_only_the_owner_reads_the_password_and_the_data(used: Path) -> None:
    with embedded_postgres.use(used) as url:
        password = used / "postgres/password"
        assert password.stat().st_mode & 0o777 == 0o600
        assert password.stat().st_uid == os.geteuid()
        assert password.read_text() == urlsplit(url).password
        assert (used / "postgres/data").stat().st_mode & 0o777 == 0o700


def test_a_wrong_password_is_refused(used: Path) -> None:
    with (
        embedded_postgres.use(used) as url,
        pytest.raises(psycopg.OperationalError, match="password authentication failed"),
    ):
        psycopg.connect(url, password="guess")


def test_it_listens_on_one_address_and_on_no_socket_file(used: Path) -> None:
    with embedded_postgres.use(used) as url:
        assert ask(url, "SHOW unix_socket_directories") == ""
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url, host="127.0.0.2", connect_timeout=WAIT_FOR_END_SECONDS)


def test_our_secrets_do_not_reach_the_server(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c unknown_setting=1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with embedded_postgres.use(made) as url:
        monkeypatch.delenv("PGOPTIONS")
        ask(url, "CREATE TABLE environment (line text)")
        ask(url, "COPY environment FROM PROGRAM 'env'")
        assert ask(url, "SELECT count(*) FROM environment WHERE line = 'TZ=UTC'") == 1
        assert ask(url, "SELECT count(*) FROM environment WHERE line ~ 'sk-secret|PGOPTIONS'") == 0


def test_stop_refuses_while_somebody_uses_it_unless_forced(made: Path) -> None:
    with embedded_postgres.use(made) as url:
        for remove in (False, True):
            with pytest.raises(EmbeddedPostgresError, match="in use"):
                embedded_postgres.stop(made, remove=remove)
        assert runs(url)
        embedded_postgres.stop(made, force=True)
        assert not runs(url)


def test_removal_leaves_nothing(local: Path) -> None:
    with embedded_postgres.use(local):
        home = (local / "postgres").resolve()
    embedded_postgres.stop(local, remove=True)
    assert list(local.iterdir()) == []
    assert not home.exists()


def test_a_forced_removal_does_not_disturb_those_who_leave_later(local: Path) -> None:
    with embedded_postgres.use(local) as url:
        embedded_postgres.stop(local, force=True, remove=True)
        assert not runs(url)
    assert list(local.iterdir()) == []


def test_stopping_what_never_started_does_nothing(local: Path) -> None:
    embedded_postgres.stop(local, remove=True)
    assert not local.exists()


def test_a_failed_start_says_what_the_server_said_and_what_to_do(local: Path) -> None:
    with embedded_postgres.use(local):
        pass
    (local / "postgres/data/global/pg_control").unlink()
    with pytest.raises(EmbeddedPostgresError, match=r"(?s)did not start.*make clean.*pg_control"):
        embedded_postgres.use(local).__enter__()


def test_the_command_starts_names_stops_and_removes_it(local: Path) -> None:
    def command(*arguments: str) -> str:
        program = [sys.executable, "-m", "infrastructure.embedded_postgres", *arguments, f"--local={local}"]
        return subprocess.check_output(program, cwd=CHECKOUT, text=True).strip()

    assert command("start") == ""
    started = postmaster(local)
    url = command("url")
    assert runs(url)
    assert postmaster(local) == started
    command("stop")
    assert not runs(url)
    command("destroy")
    assert not (local / "postgres").exists()


def test_the_command_fails_with_one_line_while_it_is_in_use(used: Path) -> None:
    program = [sys.executable, "-m", "infrastructure.embedded_postgres", "stop", f"--local={used}"]
    done = subprocess.run(program, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1


@as_root
def test_root_keeps_data_elsewhere_if_no_other_account_can_reach_the_folder(local: Path) -> None:
    local.mkdir(parents=True)
    local.parent.chmod(0o700)
    with embedded_postgres.use(local):
        home = (local / "postgres").readlink()
        assert home.parent == Path("/var/lib")
        assert (home / "data").stat().st_uid != 0
        assert local.parent.stat().st_mode & 0o777 == 0o700


@as_root
def test_root_keeps_data_in_a_folder_that_the_account_can_reach(open_local: Path) -> None:
    with embedded_postgres.use(open_local) as url:
        assert not (open_local / "postgres").is_symlink()
        assert runs(url)


@as_root
def test_data_of_a_checkout_that_was_removed_by_hand_are_not_taken_over(local: Path) -> None:
    with embedded_postgres.use(local) as url:
        ask(url, "CREATE TABLE old ()")
        shutil.rmtree(local)
        with embedded_postgres.use(local) as new:
            assert ask(new, "SELECT to_regclass('old') IS NULL")


@as_root
def test_the_copy_of_a_checkout_gets_a_server_of_its_own(local: Path, tmp_path: Path) -> None:
    with embedded_postgres.use(local) as original:
        copy = tmp_path / "copy"
        shutil.copytree(local, copy, symlinks=True)
        with embedded_postgres.use(copy) as other:
            assert port(other) != port(original)
        assert runs(original)
        embedded_postgres.stop(copy, remove=True)
        assert runs(original)


@as_root
def test_programs_that_the_account_cannot_read_are_copied(
    local: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = Path(str(distribution("embedded-postgres").locate_file("")))
    for folder in installed.glob("embedded_postgres*"):
        shutil.copytree(folder, tmp_path / "site-packages" / folder.name)
    tmp_path.chmod(0o700)
    monkeypatch.syspath_prepend(tmp_path / "site-packages")
    with embedded_postgres.use(local) as url:
        assert runs(url)
        program = Path(f"/proc/{postmaster(local)}/exe").readlink()
        assert program.is_relative_to((local / "postgres").resolve())


@as_root
def test_an_ordinary_user_keeps_everything_in_the_folder(open_local: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    open_local.mkdir()
    os.chown(open_local, nobody.pw_uid, nobody.pw_gid)
    with another(open_local, str(nobody.pw_uid), str(nobody.pw_gid), program=USE_AS_NOBODY) as process:
        url = line(process)
        assert runs(url)
        assert {path.stat().st_uid for path in open_local.rglob("*")} == {nobody.pw_uid}
        with embedded_postgres.use(open_local) as joined:
            assert joined == url
    assert process.returncode == 0
    assert not runs(url)
