"""Base class of the OpenAI-compatible views: errors in OpenAI's shape, and whether a client may repeat a request."""

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from api.base_view import ApiView
from api.openai_compatible import errors


class OpenAiView(ApiView):
    """A view whose errors have OpenAI's shape. It is not in the OpenAPI document: OpenAI's own describes the API."""

    schema = None
    # Whether the same request can be sent again without a second charge. OpenAI's SDKs retry after some errors.
    retry_is_safe = True

    def error_response(self, error: Exception) -> HttpResponseBase:
        """Return the response for an exception."""
        return errors.response(error, allowed_methods=self.allowed_methods, retry_is_safe=self.retry_is_safe)


class UnknownEndpoint(OpenAiView):
    """Every path below /api/openai/v1/ that is not an endpoint."""

    http_method_names = ["get", "post", "put", "patch", "delete", "head", "options"]

    async def get(self, _request: Request) -> Response:
        raise errors.EndpointNotFound

    post = put = patch = delete = options = get  # type: ignore[assignment]
