"""The page that shows, in development, what would have been sent."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from development.mailbox import messages


@require_safe
@never_cache
def mailbox(request: HttpRequest) -> HttpResponse:
    """Show the mail kept on this machine, newest first; there is no such page in production."""
    if not settings.DEBUG:
        raise Http404
    return render(request, "development/mailbox.html", {"mail": messages()})
