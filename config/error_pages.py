"""What is answered when a request is refused before any view of ours has seen it."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

from accounts.rest import asgi, problems


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a host that is not ours, and the like: below the API with a problem, elsewhere with a page."""
    if request.path.startswith(asgi.PREFIX):
        return JsonResponse(
            problems.document(problems.BadRequest()),
            status=problems.BadRequest.status,
            content_type=problems.MEDIA_TYPE,
        )
    return defaults.bad_request(request, exception)
