"""Well-known files at the root: `/robots.txt` and `/favicon.ico`."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.http import require_safe


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Exclude the private paths from search engines."""
    return render(request, "website/public/robots.txt", content_type="text/plain; charset=utf-8")


@require_safe
def favicon(_request: HttpRequest) -> HttpResponse:
    """Redirect clients that do not read the page's icon link to the icon; its file name contains a hash."""
    return redirect(static("favicon.ico"))
