"""The pages for everybody: the landing page and the prices."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie

from billing import offers
from billing.payments import gateways
from images.pages import prices
from images.samples import BY_NAME

# Three columns beside the first words, and two rows below the steps.
COLUMNS: Final = (
    ("stairwell", "ridges", "leaves", "hills"),
    ("pines", "still-life", "tiles", "sea"),
    ("dunes", "bottle", "city", "rings"),
)
ROWS: Final = (("sea", "still-life", "ink", "bottle"), ("hills", "leaves", "arches", "lake"))


@require_safe
@vary_on_cookie
def landing(request: HttpRequest) -> HttpResponse:
    """Say what the service is, and how an agent is connected."""
    on_sale = offers.offers()
    context = {
        "site_url": settings.SITE_URL,
        "columns": [[BY_NAME[name] for name in column] for column in COLUMNS],
        "rows": [[BY_NAME[name] for name in row] for row in ROWS],
        "offers": on_sale,
        "models": prices.models([each.pack for each in on_sale[:1]]),
        "signup_credits": settings.SIGNUP_CREDITS,
    }
    return render(request, "landing/page.html", context)


@require_safe
@vary_on_cookie
def pricing(request: HttpRequest) -> HttpResponse:
    """Show the packs and what each of them makes."""
    on_sale = offers.offers()
    models = prices.models([each.pack for each in on_sale])
    packs = [(each, *prices.images_from(each.pack, models)) for each in on_sale]
    is_open = gateways.current() is not None
    context = {"offers": on_sale, "packs": packs, "models": models, "is_open": is_open}
    return render(request, "pricing/page.html", context)
