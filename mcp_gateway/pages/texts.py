"""What programs look for at the root: `/llms.txt` for agents, `/robots.txt` for crawlers, and `/favicon.ico`."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from images.models import ImageModel
from mcp_gateway import clients
from mcp_gateway.pages import docs


@require_safe
def llms(request: HttpRequest) -> HttpResponse:
    """Tell an agent what the service is and how it is used (llmstxt.org)."""
    context = {
        "site_url": settings.SITE_URL,
        "endpoint": docs.endpoint(),
        "clients": clients.CLIENTS,
        "models": ImageModel.objects.filter(enabled=True),
        "tools": docs.tools(),
    }
    return render(request, "llms.txt", context, content_type="text/plain; charset=utf-8")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Tell search engines what is public."""
    return render(request, "robots.txt", content_type="text/plain; charset=utf-8")


@require_safe
def favicon(_request: HttpRequest) -> HttpResponse:
    """Lead those that do not look into the page to the icon; its name changes with its content."""
    return redirect(static("favicon.ico"))
