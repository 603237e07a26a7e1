"""The page that shows, in development, what would have been sent."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import development_mail


@require_safe
@never_cache
def sent_mail(request: HttpRequest) -> HttpResponse:
    """Show the mail kept on this machine, newest first; there is no such page in production."""
    if not settings.DEBUG:
        raise Http404
    return render(request, "settings/development_mail.html", {"mail": development_mail.messages()})
