"""The page `/docs/webhooks`: how to receive and verify events."""

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie

from images.webhooks.deliveries import AT_ONCE
from images.webhooks.endpoints import ENDPOINTS_MAX
from images.webhooks.events import OMITTED_IMAGE_FIELDS
from images.webhooks.schedule import TRIES_MAX
from images.webhooks.tries import TIMEOUT_SECONDS


@require_safe
@vary_on_cookie
def webhook_docs(request: HttpRequest) -> HttpResponse:
    """Show the guide."""
    context = {
        "example": _example(),
        "endpoints_max": ENDPOINTS_MAX,
        "tries_max": TRIES_MAX,
        "timeout_seconds": f"{TIMEOUT_SECONDS:.0f}",
        "at_once": AT_ONCE,
    }
    return render(request, "website/docs/webhooks/page.html", context)


def _example() -> str:
    """Return the body of an event about the image that the REST reference shows."""
    # Generating the document needs slow imports, and every process imports this module.
    from api.openapi.operations import IMAGE_EXAMPLE  # noqa: PLC0415

    data = {name: value for name, value in IMAGE_EXAMPLE.items() if name not in OMITTED_IMAGE_FIELDS}
    body = {"type": "image.succeeded", "timestamp": "2026-11-23T09:30:21.123Z", "data": data}
    return json.dumps(body, indent=2)
