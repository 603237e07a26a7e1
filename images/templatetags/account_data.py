"""What the settings of an account, which may not know of images, show of them."""

from typing import Any

from django import template
from django.template.context import RequestContext

from images import exports
from images.models import Image, ImageCount

register = template.Library()


@register.inclusion_tag("settings/_export.html", takes_context=True)
def export_card(context: RequestContext) -> dict[str, Any]:
    """Show how far the signed-in user's export is."""
    return {"export": exports.latest(context["user"]), "csrf_token": context.get("csrf_token")}


@register.simple_tag(takes_context=True)
def image_counts(context: RequestContext) -> dict[str, int]:
    """Return how many images the signed-in user has, and how many of them are under way."""
    counts = dict(ImageCount.objects.filter(user_id=context["user"].pk).values_list("status", "images"))
    unfinished = sum(counts.get(status, 0) for status in Image.UNFINISHED)
    return {"all": sum(counts.values()), "unfinished": unfinished}
