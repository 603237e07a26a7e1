"""Status page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie

from images.statistics import service_status


@require_safe
@vary_on_cookie
def status(request: HttpRequest) -> HttpResponse:
    """Show whether the service works, and each provider's success rate and typical time."""
    return render(request, "website/public/status/page.html", {"status": service_status.current()})
