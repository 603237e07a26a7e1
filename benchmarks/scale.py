"""Pages, lists and the audit with 1,000,000 images and 3,000,000 entries, and how PostgreSQL reads them."""

import re
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Final

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from benchmarks.results import Row
from billing.models import CreditAccount
from images import audit

USERS = 1_000
IMAGES = 1_000_000
ENTRIES = 3_000_000
# One of the users has this many of the images, and three times as many entries.
OF_THE_BUSIEST = 100_000
TIMES = 5
PAGE_MAX_MS = 1_000

PATHS: Final = {
    "overview": "/dashboard/",
    "gallery": "/dashboard/images/",
    "gallery, search": "/dashboard/images/?q=lighthouse+woodcut",
    "usage with its chart": "/dashboard/usage/?period=30",
    "billing": "/dashboard/billing/",
}
STAFF_PATHS: Final = {
    "staff: overview of 7 days": "/admin/?days=7",
    "staff: ledger": "/admin/billing/ledgerentry/",
    "staff: images": "/admin/images/image/",
    "staff: users": "/admin/accounts/user/",
}
USERS_SQL: Final = """
INSERT INTO accounts_user (id, email, password, is_active, is_staff, is_superuser, date_joined)
SELECT gen_random_uuid(), 'scale-' || number || '@example.com', '', TRUE, FALSE, FALSE, now()
FROM generate_series(1, %(users)s) AS number;
INSERT INTO billing_creditaccount (user_id, balance, entry_count, owed)
SELECT id, 0, 0, 0 FROM accounts_user WHERE email LIKE 'scale-%%'
"""
# The busiest has the first images; the others share the rest evenly.
IMAGES_SQL: Final = """
INSERT INTO images_image (id, user_id, status, created_at, finished_at, prompt, style, model_id, provider_id,
    aspect_ratio, credit_cost, attempt, provider_calls, error_code, error_message, picture_name, thumbnail_name,
    media_type, byte_size, sha256, swept_at)
SELECT gen_random_uuid(), users.ids[CASE WHEN n <= %(busiest)s THEN 1 ELSE 2 + n %% (%(users)s - 1) END],
    CASE WHEN n %% 20 = 0 THEN 'failed' ELSE 'succeeded' END, at, at + interval '20 seconds',
    'A lighthouse in fog, woodcut, number ' || n, '', 'openai:gpt-image-2', 'openai', '1:1', 5, 1, 1,
    CASE WHEN n %% 20 = 0 THEN 'provider_error' ELSE '' END, '', 'p', 't', 'image/png', 1, 's', now()
FROM (SELECT array_agg(id ORDER BY email) AS ids FROM accounts_user WHERE email LIKE 'scale-%%') AS users,
    generate_series(1, %(images)s) AS n, LATERAL (SELECT now() - make_interval(secs => n * 5) AS at) AS times
"""
# A grant before each charge, and a refund for what failed: what a ledger looks like, in the order of each account.
ENTRIES_SQL: Final = """
INSERT INTO billing_ledgerentry
    (account_id, position, type, amount, balance_after, description, reference_id, created_at)
SELECT account_id, row_number() OVER account, type, amount, sum(amount) OVER account, 'Image with openai:gpt-image-2',
    CASE WHEN type = 'grant' THEN NULL ELSE id END, at
FROM (
    SELECT a.id AS account_id, i.id, i.created_at + step.later AS at, step.type, step.amount
    FROM images_image i JOIN billing_creditaccount a ON a.user_id = i.user_id,
        LATERAL (VALUES ('grant', 5, interval '-1 second'), ('generation', -5, interval '0'),
            (CASE WHEN i.status = 'failed' THEN 'refund' ELSE 'grant' END, 5, interval '20 seconds'))
            AS step (type, amount, later)
) AS steps
WINDOW account AS (PARTITION BY account_id ORDER BY at, id, type DESC);
UPDATE billing_creditaccount a SET balance = e.balance, entry_count = e.entries
FROM (SELECT account_id, sum(amount) AS balance, count(*) AS entries FROM billing_ledgerentry GROUP BY account_id) e
WHERE e.account_id = a.id;
INSERT INTO images_imagecount (user_id, status, images)
SELECT user_id, status, count(*) FROM images_image WHERE user_id IS NOT NULL GROUP BY user_id, status
ON CONFLICT (user_id, status) DO UPDATE SET images = excluded.images
"""
BIG_TABLE_READ_WHOLE: Final = re.compile(r"Seq Scan on (?:images_image|billing_ledgerentry)\b")


def measure() -> Iterator[Row]:
    """Yield how long it took to fill the tables, each page's time, the audit's, and how often a table is read whole."""
    yield Row(f"filling {IMAGES:,} images and {ENTRIES:,} entries", _seconds(_fill), "s")
    client, staff = _signed_in("scale-1@example.com"), _signed_in(_staff().email)
    read_whole: list[str] = []
    for name, path in PATHS.items():
        yield Row(f"{name}, busiest of {USERS:,} users", _page(client, path), "ms", PAGE_MAX_MS, "at most")
        read_whole += [f"{name}: {sql}" for sql in _reading_whole(client, path)]
    for name, path in STAFF_PATHS.items():
        yield Row(name, _page(staff, path), "ms", PAGE_MAX_MS, "at most")
    yield Row("queries of users' pages that read a whole big table", len(read_whole), "queries", 0, "at most")
    breaches: list[object] = []
    yield Row("audit of everything", _seconds(lambda: breaches.extend(audit.breaches())), "s")
    yield Row("breaches that it found", len(breaches), "breaches", 0, "at most")


def _fill() -> None:
    numbers = {"users": USERS, "images": IMAGES, "busiest": OF_THE_BUSIEST}
    with connection.cursor() as cursor:
        # As a replica PostgreSQL fires no triggers: a row at a time they would take an hour.
        cursor.execute("SET session_replication_role = replica")
        for statement in (USERS_SQL, IMAGES_SQL, ENTRIES_SQL):
            cursor.execute(statement, numbers)
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE")


def _staff() -> User:
    staff = User.objects.create_superuser("scale-staff@example.com")
    CreditAccount.objects.get_or_create(user=staff)
    return staff


def _signed_in(email: str) -> Client:
    # A page's time is ours alone here: no server, no network, no second factor.
    settings.STAFF_REQUIRE_MFA = False
    client = Client(headers={"Host": "127.0.0.1"})
    client.force_login(User.objects.get(email=email))
    return client


def _page(client: Client, path: str) -> float:
    """Return the median time of a page, in milliseconds."""
    return 1000 * statistics.median(_seconds(lambda: _open(client, path)) for _ in range(TIMES))


def _open(client: Client, path: str) -> None:
    status = client.get(path).status_code
    if status != 200:
        raise RuntimeError(f"{path}: {status}")


def _reading_whole(client: Client, path: str) -> list[str]:
    """Return the queries of a page for which PostgreSQL reads a big table from its beginning to its end."""
    with CaptureQueriesContext(connection) as captured:
        _open(client, path)
    return [each["sql"] for each in captured.captured_queries if _reads_whole(each["sql"])]


def _reads_whole(sql: str) -> bool:
    if not sql.lstrip().upper().startswith(("SELECT", "WITH")):
        return False
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql.replace('%', '%%')}", [])
        return any(BIG_TABLE_READ_WHOLE.search(line) for (line,) in cursor.fetchall())


def _seconds(function: Callable[[], object]) -> float:
    begun = time.perf_counter()
    function()
    return time.perf_counter() - begun
