"""Responses to requests that fail before they reach a view."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.deprecation import MiddlewareMixin
from django.views import defaults

from api import asgi, problems


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Handle 400 responses of Django, such as for an unknown host: a problem document below the API, else a page."""
    if request.path.startswith(asgi.PREFIX):
        return JsonResponse(
            problems.document(problems.BadRequest()),
            status=problems.BadRequest.status,
            content_type=problems.MEDIA_TYPE,
        )
    return defaults.bad_request(request, exception)


class OwnNotFound(MiddlewareMixin):
    """Shows the site's 404 page in development too, instead of Django's debug page with the list of URL patterns."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        """Replace every HTML response with status 404."""
        if response.status_code != 404 or not response["Content-Type"].startswith("text/html"):
            return response
        return defaults.page_not_found(request, Http404())
