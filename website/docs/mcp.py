"""The pages `/docs/mcp`: how each client is connected, and what there is to know once it is."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie

from accounts.models import ApiKey
from images.models import CatalogueModel
from images.schemas import WAIT_MAX_SECONDS
from mcp_gateway.tools.declarations import DECLARATIONS
from website.docs import clients, error_codes, schema_fields
from website.docs.clients import Snippet
from website.docs.schema_fields import Field

PATH: Final = "/api/mcp"
# What an agent may be asked first, the tool that it should call, and whether that spends.
PROMPTS: Final = (
    ("How many credits do I have on Get Images?", "getimages_get_account", False),
    ("Which image models does Get Images have, and what do they cost?", "getimages_list_models", False),
    ("Use get-images to draw a calm sea at sunrise in 3:2, and save it as sea.png.", "getimages_generate_image", True),
)


@dataclass(frozen=True, slots=True)
class ToolReference:
    """One tool as the page shows it."""

    name: str
    title: str
    description: str
    spends: bool
    inputs: Sequence[Field]
    outputs: Sequence[Field]


@require_safe
@vary_on_cookie
def mcp_docs(request: HttpRequest, slug: str = clients.CLIENTS[0].slug) -> HttpResponse:
    """Show how a client is connected."""
    client = clients.BY_SLUG.get(slug)
    if client is None:
        raise Http404
    snippets = client.snippets(endpoint())
    context = {
        "frame": "website/dashboard/base.html" if request.user.is_authenticated else "website/base.html",
        "clients": clients.CLIENTS,
        "client": client,
        "endpoint": endpoint(),
        "snippets": snippets,
        "link": client.link(endpoint()),
        # What the snippets have in the place of a key.
        "place": _named(clients.PLACE, snippets),
        "variable": _named(clients.ENVIRONMENT_VARIABLE, snippets),
    }
    return render(request, "website/docs/mcp/page.html", context | _facts() | _connection(request))


@require_safe
def connection(request: HttpRequest) -> HttpResponse:
    """Show whether a key of the person's has been used: the part of the page that refreshes itself."""
    if not request.user.is_authenticated:
        raise Http404
    return render(request, "website/docs/mcp/_connection_state.html", _connection(request))


def endpoint() -> str:
    """Return the address that clients are given."""
    return settings.SITE_URL + PATH


@functools.cache
def tools() -> Sequence[ToolReference]:
    """Return the tools as their own declarations describe them."""
    return [
        ToolReference(
            name=each["name"],
            title=each["title"],
            description=each["description"],
            spends=not each["annotations"]["readOnlyHint"],
            inputs=tuple(schema_fields.of_schema(each["inputSchema"], each["inputSchema"])),
            outputs=tuple(schema_fields.of_schema(each["outputSchema"], each["outputSchema"])),
        )
        for each in DECLARATIONS
    ]


def _named(name: str, snippets: Sequence[Snippet]) -> str | None:
    return name if any(name in each.text for each in snippets) else None


def _facts() -> dict[str, Any]:
    """Return what is true for every client."""
    models = list(CatalogueModel.objects.filter(enabled=True))
    return {
        "prompts": PROMPTS,
        "models": models,
        "fast_models": [model.model_id for model in models if model.speed == CatalogueModel.Speed.FAST],
        "least_credits": min((model.credits for model in models), default=0),
        "tools": tools(),
        "errors": error_codes.tool_errors(),
        "requests_per_minute": settings.RATE_LIMIT_PER_MINUTE,
        "wait_max_minutes": WAIT_MAX_SECONDS // 60,
    }


def _connection(request: HttpRequest) -> dict[str, Any]:
    if not request.user.is_authenticated:
        return {}
    keys = ApiKey.objects.filter(user=request.user, revoked_at=None)
    return {
        "has_keys": keys.exists(),
        "last_used": keys.exclude(last_used_at=None).order_by("-last_used_at").first(),
    }
