"""What holds for every page: it is known, whole, runs nothing inline, and costs the same for who has much."""

import re
from typing import Any, Final

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import site
from tests.site import Site

pytestmark = pytest.mark.django_db

QUERIES_MAX: Final = 12
# Data of a type that no browser runs is no script.
INLINE: Final = re.compile(
    r"<style|<[^>]*\s(?:style|on\w+)=[^>]*>|<script(?![^>]*\s(?:src=|type=\"application/json\"))[^>]*>"
)
# What the owner may open: also what others see, and what an open page asks for by itself.
OWNERS: Final = (*site.OWN, "landing", "pricing", "mcp-docs", "api-docs", *site.PARTS)
PRIVATE: Final = (*site.OWN, *site.OF_NEWCOMERS, *site.MIDWAY)


def opened(of: Site, name: str, settings: Any) -> Any:
    """Open a page where it is shown."""
    visitor = of.visitor(name)
    settings.DEBUG = name == "development-mail"
    return visitor.get(of.path(name))


def queries(of: Site, name: str) -> int:
    """Return how many queries the owner's request takes."""
    with CaptureQueriesContext(connection) as captured:
        of.owners.get(of.path(name))
    return len(captured)


def problems(name: str, answer: Any) -> list[str]:
    """Return what is wrong with a page."""
    page, policy = answer.content.decode(), answer.headers.get("Content-Security-Policy", "")
    wrong = {
        f"status {answer.status_code}": answer.status_code != (401 if name == "socialaccount_login_error" else 200),
        "not one heading": page.count("<h1") != 1,
        "no title": not re.search(r"<title>\s*[^\s·]", page),
        f"inline: {INLINE.findall(page)}": INLINE.search(page) is not None,
        f"policy: {policy}": "default-src 'none'" not in policy or "unsafe" in policy,
        "may be kept in a cache": name in PRIVATE and "no-store" not in answer.headers.get("Cache-Control", ""),
    }
    return [f"{name}: {what}" for what, is_so in wrong.items() if is_so]


def test_every_address_is_known_to_these_tests() -> None:
    assert site.addresses().keys() == {*site.PAGES, *site.NO_PAGES}


def test_every_page_is_whole_and_runs_nothing_inline(settings: Any) -> None:
    of = Site()
    assert not [each for name in site.PAGES for each in problems(name, opened(of, name, settings))]


def test_no_address_asks_more_of_the_database_for_somebody_who_has_more() -> None:
    of = Site()
    few = {name: queries(of, name) for name in OWNERS}
    for _ in range(4):
        of.add()
    many = {name: queries(of, name) for name in OWNERS}
    assert {name: (few[name], many[name]) for name in OWNERS if many[name] > few[name]} == {}
    assert max(few.values()) <= QUERIES_MAX
