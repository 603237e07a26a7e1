"""Times on pages: every one can be shown in the time zone of the viewer, and its title is the time in UTC."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils import timezone

from website.templatetags.times import FORMATS, RELATIVE

TEMPLATES: Final = Path(settings.BASE_DIR) / "templates"
# Emails, which no script changes, and pages that state once that their times are in UTC.
IN_UTC: Final = ("account/email/", "mfa/email/", "development/", "staff/", "admin/")
# A field with a time that is formatted on the server.
FORMATTED: Final = re.compile(r"\w+_at\|(?:date|naturaltime|timesince)[^}]*")
# Attributes for programs, and the last day of a key, which is a day in UTC.
ALLOWED: Final = {"expires_at|date:'c' ", 'expires_at|date:"j M Y" '}
AT: Final = datetime(2026, 3, 5, 23, 59, 59, tzinfo=UTC)


def element(value: datetime, format_name: str) -> str:
    context = Context({"value": value, "format_name": format_name})
    return Template("{% load times %}{% local_time value format_name %}").render(context)


@pytest.mark.parametrize(
    ("format_name", "text"),
    [
        ("time", "23:59:59"),
        ("short", "5 Mar 23:59:59"),
        ("date", "5 Mar 2026"),
        ("minutes", "5 Mar 2026, 23:59 UTC"),
        ("date-time", "5 Mar 2026, 23:59:59 UTC"),
    ],
)
def test_a_time_is_in_utc_without_script_and_in_its_title(format_name: str, text: str) -> None:
    attributes = 'datetime="2026-03-05T23:59:59+00:00" title="5 Mar 2026, 23:59:59 UTC"'
    assert element(AT, format_name) == f'<time {attributes} data-local="{format_name}">{text}</time>'


@pytest.mark.parametrize(("minutes", "text"), [(0, "just now"), (1, "1 min ago"), (59, "59 min ago")])
def test_a_recent_time_is_relative(minutes: int, text: str) -> None:
    assert f">{text}<" in element(timezone.now() - timedelta(minutes=minutes), RELATIVE)


def test_an_older_time_names_its_day() -> None:
    yesterday = timezone.now() - timedelta(days=1)
    assert f">yesterday, {yesterday:%H:%M} UTC<" in element(yesterday, RELATIVE)
    assert ">5 Mar 2020<" in element(AT.replace(year=2020), RELATIVE)


def test_script_and_server_have_the_same_formats() -> None:
    script = (Path(settings.BASE_DIR) / "static/js/times.js").read_text()
    formats = script[script.index("const FORMATS") :].partition("};")[0]
    assert re.findall(r'^  "([a-z-]+)":', formats, re.MULTILINE) == list(FORMATS)


def test_every_page_shows_times_with_the_tag() -> None:
    found = {
        f"{template.relative_to(TEMPLATES)}: {text}"
        for template in TEMPLATES.rglob("*.html")
        if not str(template.relative_to(TEMPLATES)).startswith(IN_UTC)
        for text in FORMATTED.findall(template.read_text())
        if text not in ALLOWED
    }
    assert not found
