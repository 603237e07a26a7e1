"""The page /dev/mail, which lists sent email in development."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from development.mailbox import messages


@require_safe
@never_cache
def mailbox(request: HttpRequest) -> HttpResponse:
    """List the stored messages, newest first; 404 in production."""
    if not settings.DEBUG:
        raise Http404
    return render(request, "development/mailbox.html", {"mail": messages()})
