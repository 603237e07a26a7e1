"""How templates speak of a last use: the client's name, and a moment as a person would say it."""

from datetime import datetime, timedelta

from django import template
from django.template.defaultfilters import date
from django.utils import timezone

from accounts import user_agents

register = template.Library()

register.filter("client_name", user_agents.client_name)


@register.filter
def moment(then: datetime) -> str:
    """Return a past moment in few words, in UTC: `2 min ago`, `yesterday, 18:20`, `14 Nov`, `14 Nov 2025`."""
    now = timezone.now()
    minutes = int((now - then) / timedelta(minutes=1))
    days = (now.date() - then.date()).days
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if days <= 1:
        return f"{'yesterday' if days else 'today'}, {then:%H:%M}"
    return date(then, "j M" if then.year == now.year else "j M Y")
