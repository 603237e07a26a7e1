"""`/llms.txt`: a summary of the service for agents (llmstxt.org)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from images.models import CatalogueModel
from mcp_gateway import viewer
from mcp_gateway.prompts.declarations import DECLARATIONS as PROMPT_DECLARATIONS
from website.docs import clients, mcp


@require_safe
def llms(request: HttpRequest) -> HttpResponse:
    """Return the summary as plain text."""
    context = {
        "site_url": settings.SITE_URL,
        "endpoint": mcp.endpoint(),
        "clients": clients.CLIENTS,
        "models": CatalogueModel.objects.with_prices().filter(enabled=True),
        "tools": mcp.tools(),
        "prompts": PROMPT_DECLARATIONS,
        "viewer_uri": viewer.URI,
    }
    return render(request, "website/docs/llms.txt", context, content_type="text/plain; charset=utf-8")
