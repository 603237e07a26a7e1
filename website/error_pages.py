"""What is answered when a request is refused before any view of ours has seen it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.deprecation import MiddlewareMixin
from django.views import defaults

from api import asgi, problems


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a host that is not ours, and the like: below the API with a problem, elsewhere with a page."""
    if request.path.startswith(asgi.PREFIX):
        return JsonResponse(
            problems.document(problems.BadRequest()),
            status=problems.BadRequest.status,
            content_type=problems.MEDIA_TYPE,
        )
    return defaults.bad_request(request, exception)


class OwnNotFound(MiddlewareMixin):
    """In development, too, shows our page where nothing is found, instead of Django's list of all addresses."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        """Replace a page that says there is none."""
        if response.status_code != 404 or not response["Content-Type"].startswith("text/html"):
            return response
        return defaults.page_not_found(request, Http404())
