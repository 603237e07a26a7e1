"""The metadata documents for clients that sign in."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.oauth import metadata

MAX_AGE_SECONDS = 300


@require_safe
@cache_control(public=True, max_age=MAX_AGE_SECONDS)
def protected_resource(_request: HttpRequest) -> JsonResponse:
    """Return the document about the MCP server (RFC 9728)."""
    return JsonResponse(metadata.protected_resource())


@require_safe
@cache_control(public=True, max_age=MAX_AGE_SECONDS)
def authorization_server(_request: HttpRequest) -> JsonResponse:
    """Return the document about the authorization server (RFC 8414)."""
    return JsonResponse(metadata.authorization_server())
