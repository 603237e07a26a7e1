"""Template filters for the last use of a key: the client's name and a short relative time."""

from datetime import datetime, timedelta

from django import template
from django.template.defaultfilters import date
from django.utils import timezone

from accounts import user_agents

register = template.Library()

register.filter("client_name", user_agents.client_name)


@register.filter
def moment(value: datetime) -> str:
    """Format a past time as UTC: `2 min ago`, `yesterday, 18:20`, `14 Nov`, `14 Nov 2025`."""
    now = timezone.now()
    minutes = int((now - value) / timedelta(minutes=1))
    days = (now.date() - value.date()).days
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if days <= 1:
        return f"{'yesterday' if days else 'today'}, {value:%H:%M}"
    return date(value, "j M" if value.year == now.year else "j M Y")
