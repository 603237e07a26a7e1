"""Template tag that shows a time: in UTC without JavaScript, else in the time zone of the viewer (times.js)."""

from datetime import datetime, timedelta
from typing import Final

from django import template
from django.template.defaultfilters import date
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

# The formats of times.js, by the same names.
FORMATS: Final = {
    "time": "H:i:s",
    "short": "j M H:i:s",
    "date": "j M Y",
    "minutes": r"j M Y, H:i \U\T\C",
    "date-time": r"j M Y, H:i:s \U\T\C",
}
# The format that depends on how long ago the time was.
RELATIVE: Final = "relative"


@register.simple_tag
def local_time(value: datetime, format_name: str) -> SafeString:
    """Return a <time> element with the time in a format of FORMATS or RELATIVE, and the time in UTC as its title."""
    return format_html(
        '<time datetime="{}" title="{} UTC" data-local="{}">{}</time>',
        value.isoformat(),
        date(value, "j M Y, H:i:s"),
        format_name,
        _relative(value) if format_name == RELATIVE else date(value, FORMATS[format_name]),
    )


def _relative(value: datetime) -> str:
    """Format a past time: `2 min ago`, `yesterday, 18:20 UTC`, `14 Nov`, `14 Nov 2025`."""
    now = timezone.now()
    minutes = int((now - value) / timedelta(minutes=1))
    days = (now.date() - value.date()).days
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if days <= 1:
        return f"{'yesterday' if days else 'today'}, {value:%H:%M} UTC"
    return date(value, "j M" if value.year == now.year else "j M Y")
