"""The pages below `/docs/mcp`: setup of each client, and the guide and reference of the tools."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db.models import Exists
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie

from accounts.models import ApiKey, User
from accounts.oauth import metadata
from images.catalogue import prices
from images.models import CatalogueModel
from images.schemas import WAIT_MAX_SECONDS
from mcp_gateway import viewer
from mcp_gateway.prompts.declarations import DECLARATIONS as PROMPT_DECLARATIONS
from mcp_gateway.resources import TEMPLATES as RESOURCE_TEMPLATES
from mcp_gateway.tools.declarations import DECLARATIONS, TOOLS
from website.docs import clients, error_codes, schema_fields
from website.docs.clients import Snippet
from website.docs.schema_fields import Field

# Example prompts, the tool that an agent should call for each of them, and whether that spends credits.
PROMPTS: Final = (
    ("How many credits do I have on Get Images?", "getimages_get_account", False),
    ("Which image models does Get Images have, and what do they cost?", "getimages_list_models", False),
    ("Use get-images to draw a calm sea at sunrise in 3:2, and save it as sea.png.", "getimages_generate_image", True),
)


@dataclass(frozen=True, slots=True)
class ToolReference:
    """One tool in the reference on the page."""

    name: str
    title: str
    description: str
    spends_credits: bool
    inputs: Sequence[Field]
    outputs: Sequence[Field]


@require_safe
@vary_on_cookie
def mcp_docs(request: HttpRequest, slug: str = clients.CLIENTS[0].slug) -> HttpResponse:
    """Show the setup of a client, and the guide."""
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
        "sign_in": client.sign_in,
        "sign_in_snippets": client.sign_in.build_snippets(endpoint()) if client.sign_in else (),
        "sign_in_link": client.sign_in and client.sign_in.build_link and client.sign_in.build_link(endpoint()),
        # How the snippets refer to a key: by a placeholder, an environment variable, or both.
        "key_placeholder": _if_used(clients.KEY_PLACEHOLDER, snippets),
        "key_variable": _if_used(clients.ENVIRONMENT_VARIABLE, snippets),
    }
    return render(request, "website/docs/mcp/page.html", context | _guide_context() | _connection_context(request))


@require_safe
def connection(request: HttpRequest) -> HttpResponse:
    """Show whether one of the user's keys or apps has made a call: the part of the page that htmx refreshes."""
    if not request.user.is_authenticated:
        raise Http404
    return render(request, "website/docs/mcp/_connection_state.html", _connection_context(request))


def endpoint() -> str:
    """Return the URL of the MCP endpoint."""
    return metadata.resource()


@functools.cache
def tools() -> Sequence[ToolReference]:
    """Return the reference of every tool, from its declaration."""
    return [
        ToolReference(
            name=declaration["name"],
            title=declaration["title"],
            description=declaration["description"],
            spends_credits=TOOLS[declaration["name"]].spends_credits,
            inputs=tuple(schema_fields.from_schema(declaration["inputSchema"], declaration["inputSchema"])),
            outputs=tuple(schema_fields.from_schema(declaration["outputSchema"], declaration["outputSchema"])),
        )
        for declaration in DECLARATIONS
    ]


def _if_used(name: str, snippets: Sequence[Snippet]) -> str | None:
    return name if any(name in snippet.text for snippet in snippets) else None


def _guide_context() -> dict[str, Any]:
    """Return the part of the context that is the same for every client."""
    models = list(CatalogueModel.objects.with_prices().filter(enabled=True))
    return {
        "prompts": PROMPTS,
        "models": models,
        "fast_models": [model.model_id for model in models if model.speed == CatalogueModel.Speed.FAST],
        "lowest_price": prices.lowest_price(models),
        "tools": tools(),
        "viewer_uri": viewer.URI,
        "resource_templates": RESOURCE_TEMPLATES,
        "prompt_declarations": PROMPT_DECLARATIONS,
        "errors": error_codes.tool_errors(),
        "requests_per_minute": settings.RATE_LIMIT_PER_MINUTE,
        "wait_max_minutes": WAIT_MAX_SECONDS // 60,
    }


def _connection_context(request: HttpRequest) -> dict[str, Any]:
    if not request.user.is_authenticated:
        return {}
    keys = ApiKey.objects.filter(user=request.user, revoked_at=None)
    conditions = {"has_keys": Exists(keys.filter(client=None)), "is_waiting": Exists(keys)}
    return {
        **User.objects.filter(pk=request.user.pk).values(**conditions).get(),
        "last_used": keys.exclude(last_used_at=None).order_by("-last_used_at").first(),
    }
