"""Checks of every page: it is covered, complete, free of inline code, and takes a bounded number of queries."""

import re
from typing import Any, Final

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import site
from tests.site import Site

pytestmark = pytest.mark.django_db

QUERIES_MAX: Final = 12
# Inline styles, event handlers and scripts. A script of type application/json is data and does not run.
INLINE: Final = re.compile(
    r"<style|<[^>]*\s(?:style|on\w+)=[^>]*>|<script(?![^>]*\s(?:src=|type=\"application/json\"))[^>]*>"
)
# URLs whose number of queries must not grow with the owner's data.
OWNER_URLS: Final = (
    *site.OWNER_PAGES,
    "landing",
    "pricing",
    "models",
    "status",
    "shared-image",
    "mcp-docs",
    "api-docs",
    "openai-docs",
    *site.FRAGMENTS,
)
PRIVATE_PAGES: Final = (*site.OWNER_PAGES, *site.NEWCOMER_PAGES, *site.FLOW_PAGES)


def get_page(pages: Site, name: str, settings: Any) -> Any:
    client = pages.client_for(name)
    settings.DEBUG = name == "development-mail"
    return client.get(pages.path(name))


def query_count(pages: Site, name: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        pages.owner_client.get(pages.path(name))
    return len(captured)


def problems(name: str, response: Any) -> list[str]:
    """Return a description of each fault of a page."""
    html, policy = response.content.decode(), response.headers.get("Content-Security-Policy", "")
    checks = {
        f"status {response.status_code}": response.status_code != (401 if name == "socialaccount_login_error" else 200),
        "not one heading": html.count("<h1") != 1,
        "no title": not re.search(r"<title>\s*[^\s·]", html),
        f"inline: {INLINE.findall(html)}": INLINE.search(html) is not None,
        f"policy: {policy}": "default-src 'none'" not in policy or "unsafe" in policy,
        "cacheable": name in PRIVATE_PAGES and "no-store" not in response.headers.get("Cache-Control", ""),
    }
    return [f"{name}: {problem}" for problem, is_present in checks.items() if is_present]


def test_every_url_is_covered() -> None:
    assert site.urls().keys() == {*site.PAGES, *site.OTHER_URLS}


def test_every_page_is_complete_and_contains_no_inline_code(settings: Any) -> None:
    pages = Site()
    assert not [problem for name in site.PAGES for problem in problems(name, get_page(pages, name, settings))]


def test_the_number_of_queries_does_not_grow_with_the_account() -> None:
    pages = Site()
    before = {name: query_count(pages, name) for name in OWNER_URLS}
    for _ in range(4):
        pages.add()
    after = {name: query_count(pages, name) for name in OWNER_URLS}
    assert {name: (before[name], after[name]) for name in OWNER_URLS if after[name] > before[name]} == {}
    assert max(before.values()) <= QUERIES_MAX
