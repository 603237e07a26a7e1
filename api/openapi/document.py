"""The OpenAPI document, generated once per process from the views."""

import functools
import json
from typing import Any, Final

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework.request import Request
from rest_framework.response import Response

from api.base_view import ApiView
from api.openapi.annotations import describe

DOCUMENT_EXAMPLE: Final = OpenApiExample(
    "document", {"openapi": "3.1.0", "info": {"title": "Get Images", "version": "1"}, "paths": {}}, response_only=True
)


@functools.cache
def openapi() -> dict[str, Any]:
    """Return the document as plain JSON values (OpenAPI 3.1)."""
    generated = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    document: dict[str, Any] = json.loads(OpenApiJsonRenderer().render(generated))
    return document


class Document(ApiView):
    """`GET openapi.json`."""

    requires_key = False

    @describe(
        id="getDocument",
        tag="document",
        summary="Get this document",
        description="Returns the OpenAPI document of this API. No API key is required.",
        responses={200: OpenApiResponse({"type": "object"}, "An OpenAPI 3.1 document.", [DOCUMENT_EXAMPLE])},
        requires_key=False,
    )
    async def get(self, _request: Request) -> Response:
        return Response(openapi())
