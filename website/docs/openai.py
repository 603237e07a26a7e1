"""The page `/docs/openai`: how to use the OpenAI-compatible API."""

import functools
from collections.abc import Sequence
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie

from api.openai_compatible.arguments import GenerateArguments
from api.openai_compatible.generations import WAIT_SECONDS
from images.models import CatalogueModel
from images.providers import sizes
from images.schemas import SOURCES_MAX
from website.docs import schema_fields
from website.docs.schema_fields import Field

# The sizes that OpenAI's SDKs name, those of older clients, and larger ones.
SIZES: Final = ((1024, 1024), (1536, 1024), (1024, 1536), (1792, 1024), (1024, 1792), (2048, 2048), (3840, 2160))
# The model of the samples, whose shapes the page shows.
MODEL: Final = "openai:gpt-image-2"


@require_safe
@vary_on_cookie
def openai_docs(request: HttpRequest) -> HttpResponse:
    """Show the guide."""
    context = {
        "site_url": settings.SITE_URL,
        "parameters": _parameters(),
        "sizes": _sizes(),
        "sources_max": SOURCES_MAX,
        "wait_seconds": WAIT_SECONDS,
    }
    return render(request, "website/docs/openai/page.html", context)


@functools.cache
def _parameters() -> Sequence[Field]:
    schema = GenerateArguments.model_json_schema()
    return tuple(schema_fields.from_schema(schema, schema))


def _sizes() -> list[tuple[str, sizes.Shape]]:
    """Return sizes with their shapes; none if staff have removed the model."""
    model = CatalogueModel.objects.with_prices().filter(pk=MODEL).first()
    if model is None:
        return []
    shapes = (
        (size, sizes.nearest(*size, aspect_ratios=model.aspect_ratios, resolutions=model.resolutions)) for size in SIZES
    )
    return [("{}x{}".format(*size), shape) for size, shape in shapes if shape]
