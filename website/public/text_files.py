"""What programs look for at the root: `/llms.txt` for agents, `/robots.txt` for crawlers, and `/favicon.ico`."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.http import require_safe


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Tell search engines what is public."""
    return render(request, "website/public/robots.txt", content_type="text/plain; charset=utf-8")


@require_safe
def favicon(_request: HttpRequest) -> HttpResponse:
    """Lead those that do not look into the page to the icon; its name changes with its content."""
    return redirect(static("favicon.ico"))
