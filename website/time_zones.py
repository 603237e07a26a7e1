"""The time zone of the viewer, which a script stores in a cookie: days begin and end in it."""

import re
from datetime import UTC, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from django.http import HttpRequest

COOKIE: Final = "timezone"
NAME: Final = re.compile(r"[A-Za-z0-9_+/-]{1,64}")


def is_known(request: HttpRequest) -> bool:
    """Return whether the browser has sent a time zone, a valid one or not."""
    return COOKIE in request.COOKIES


def of_viewer(request: HttpRequest) -> tzinfo:
    """Return the time zone of the viewer; UTC if it is not known."""
    name = request.COOKIES.get(COOKIE, "")
    if not NAME.fullmatch(name):
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        # Unknown here, or the name of a folder.
        return UTC
