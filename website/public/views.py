"""Landing page and pricing page."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie

from billing.payments import packs, sales
from website.docs import clients, mcp
from website.docs.clients import Client, Snippet
from website.public import prices
from website.public.samples import BY_NAME

# Sample pictures: three columns beside the headline, and two rows below the steps.
COLUMNS: Final = (
    ("stairwell", "ridges", "leaves", "hills"),
    ("pines", "still-life", "tiles", "sea"),
    ("dunes", "bottle", "city", "rings"),
)
ROWS: Final = (("sea", "still-life", "ink", "bottle"), ("hills", "leaves", "arches", "lake"))

# Clients with a tab of their own on the landing page, all of which support sign-in, and clients named below it.
CLIENTS_WITH_TABS: Final = ("claude-code", "cursor", "codex-cli")
NAMED_CLIENTS: Final = (
    "claude-code",
    "cursor",
    "vs-code",
    "codex-cli",
    "gemini-cli",
    "zed",
    "jetbrains",
    "windsurf",
    "lm-studio",
)


@require_safe
@vary_on_cookie
def landing(request: HttpRequest) -> HttpResponse:
    """Show what the service does and how to connect an agent. Without a payment gateway it offers no packs."""
    offers = packs.on_sale() if sales.is_open() else []
    named = [clients.BY_SLUG[slug] for slug in NAMED_CLIENTS]
    context = {
        "site_url": settings.SITE_URL,
        "columns": [[BY_NAME[name] for name in column] for column in COLUMNS],
        "rows": [[BY_NAME[name] for name in row] for row in ROWS],
        "offers": offers,
        "models": prices.models([offer.pack for offer in offers[:1]]),
        "connections": _connections(),
        "named_clients": named,
        "other_client_count": len(clients.CLIENTS) - len(named),
        "signup_credits": settings.SIGNUP_CREDITS,
    }
    return render(request, "website/public/landing/page.html", context)


@require_safe
@vary_on_cookie
def pricing(request: HttpRequest) -> HttpResponse:
    """Show the packs, and how many images each of them pays for."""
    offers = packs.on_sale()
    models = prices.models([offer.pack for offer in offers])
    packs_with_yields = [(offer, *prices.images_from(offer.pack, models)) for offer in offers]
    context = {
        "offers": offers,
        "packs": packs_with_yields,
        "models": models,
        "has_options": any(model.table for model in models),
    }
    return render(request, "website/public/pricing/page.html", context)


def _connections() -> list[tuple[Client, Snippet]]:
    named = [clients.BY_SLUG[slug] for slug in CLIENTS_WITH_TABS]
    return [(client, client.sign_in.build_snippets(mcp.endpoint())[0]) for client in named if client.sign_in]
