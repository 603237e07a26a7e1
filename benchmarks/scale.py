"""Pages, lists, query plans and the audit with a million images and three million ledger entries."""

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

import httpx2
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import api_keys
from accounts.authentication import Caller
from accounts.models import User
from benchmarks import dataset
from benchmarks.results import Row
from billing import usage
from development import launcher
from images.library import listing
from images.schemas import ListArguments
from infrastructure.schemas import PageArguments

WARM_UP, ROUNDS = 3, 15
TIMEOUT_SECONDS = 60
PAGE_MILLISECONDS_MAX = 300
YEAR_MILLISECONDS_MAX = 100
AUDIT_SECONDS_MAX = 120
AUDIT_MEBIBYTES_MAX = 200
SEARCH = "golden violin"
PAGES: Final = {
    "overview": "/dashboard/",
    "usage with its chart, 30 days": "/dashboard/usage/",
    "usage with its chart, a year": "/dashboard/usage/?period=dates&since={year_ago}",
    "usage of one model": "/dashboard/usage/?model=openai:gpt-image-2",
    "gallery": "/dashboard/images/",
    "gallery, two words": f"/dashboard/images/?q={SEARCH.replace(' ', '+')}",
    "gallery, a word in no prompt": "/dashboard/images/?q=zeppelin",
    "gallery, failed images": "/dashboard/images/?state=failed",
    "gallery, one model": "/dashboard/images/?model=openai:gpt-image-2&ratio=1:1",
}
LISTS: Final = {
    "images": "/api/v1/images",
    "images, offset 10,000": "/api/v1/images?offset=10000",
    "usage": "/api/v1/usage",
    "usage, offset 500,000": "/api/v1/usage?offset=500000",
}
STAFF_PAGES: Final = {
    "overview": "/admin/",
    "overview of 30 days": "/admin/?days=30",
    "users": "/admin/accounts/user/",
    "users by email": "/admin/accounts/user/?q=benchmark-77@",
    "ledger": "/admin/billing/ledgerentry/",
    "images": "/admin/images/image/",
    "images that failed": "/admin/images/image/?status__exact=failed",
}
TABLE_SCAN: Final = re.compile(r"Seq Scan on (images_image|billing_ledgerentry)\b")
DATASET: Final = f"{dataset.IMAGES_OF_FIRST:,} of {dataset.IMAGES:,} images"


def measure() -> Iterator[Row]:
    """Yield the time of each page and list, the number of full table scans, and the audit's time and memory."""
    start = time.monotonic()
    user = User.objects.get(pk=dataset.create())
    yield Row(f"creating {dataset.IMAGES:,} images and {3 * dataset.IMAGES:,} entries", time.monotonic() - start, "s")
    pages = {name: path.format(year_ago=_year_ago()) for name, path in PAGES.items()}
    staff = User.objects.create_superuser("staff@example.com")
    scans = len({*_full_scans(user, pages), *_full_scans(staff, STAFF_PAGES)})
    yield Row("queries of pages and lists with a full scan of a large table", scans, "", 0, "at most")
    with launcher.running(launcher.free_port()) as service:
        for visitor, page_type, paths in ((user, "page", pages), (staff, "staff page", STAFF_PAGES)):
            cookies = {settings.SESSION_COOKIE_NAME: _session(visitor)}
            with httpx2.Client(base_url=service.url, timeout=TIMEOUT_SECONDS, cookies=cookies) as browser:
                for name, path in paths.items():
                    yield _response_time(browser, f"{page_type}: {name}", path)
        bearer = {"Authorization": f"Bearer {api_keys.create(user, name='Benchmark')[1]}"}
        with httpx2.Client(base_url=service.url, timeout=TIMEOUT_SECONDS, headers=bearer) as program:
            for name, path in LISTS.items():
                yield _response_time(program, f"REST list: {name}", path)
    yield from _audit()


def _year_ago() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() - 364 * 24 * 3600))


def _session(user: User) -> str:
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _response_time(http: httpx2.Client, name: str, path: str) -> Row:
    times = []
    for _ in range(WARM_UP + ROUNDS):
        start = time.perf_counter()
        http.get(path).raise_for_status()
        times.append(time.perf_counter() - start)
    median = statistics.median(times[WARM_UP:]) * 1000
    limit = YEAR_MILLISECONDS_MAX if name.endswith("a year") else PAGE_MILLISECONDS_MAX
    return Row(f"{name} ({DATASET})", median, "ms", limit, "at most")


def _full_scans(user: User, pages: dict[str, str]) -> list[str]:
    """Return the queries of pages and lists with a plan that scans the whole image or ledger table."""
    client = Client(SERVER_NAME="127.0.0.1", raise_request_exception=True)
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    with CaptureQueriesContext(connection) as captured:
        for path in pages.values():
            if client.get(path).status_code != HTTPStatus.OK:
                raise AssertionError(f"{path} did not return a page.")
        for offset in (0, 10_000):
            listing.list_images(Caller.in_dashboard(user), ListArguments(offset=offset))
            usage.page(Caller.in_dashboard(user), PageArguments(offset=offset))
    queries = {query["sql"] for query in captured.captured_queries if query["sql"].startswith(("SELECT", "\nSELECT"))}
    if not queries:
        raise AssertionError("No queries were captured.")
    scans = [query for query in queries if TABLE_SCAN.search(_plan(query))]
    for query in scans:
        sys.stdout.write(f"full scan of a large table: {query}\n{_plan(query)}\n")
    return scans


def _plan(query: str) -> str:
    with connection.cursor() as cursor:
        # Without parameters Django does not interpret per cent signs in the query.
        cursor.execute(f"EXPLAIN {query}")
        return "\n".join(row[0] for row in cursor.fetchall())


def _audit() -> Iterator[Row]:
    """Yield the time and the peak memory of the audit command, which must find no breach."""
    start = time.monotonic()
    process = subprocess.Popen([sys.executable, "manage.py", "audit_ledger"], cwd=settings.BASE_DIR)
    _, status, resources = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise AssertionError("The audit found breaches in the generated data.")
    name = f"audit_ledger of {3 * dataset.IMAGES:,} entries"
    yield Row(name, time.monotonic() - start, "s", AUDIT_SECONDS_MAX, "at most")
    yield Row(f"peak memory of {name}", resources.ru_maxrss / 1024, "MiB", AUDIT_MEBIBYTES_MAX, "at most")
