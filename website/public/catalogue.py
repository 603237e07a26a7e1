"""Page of all models: what each is good at, its options, its prices, and example pictures."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie

from images.catalogue import availability
from website.public import prices
from website.public.prices import ModelPrices
from website.public.samples import SAMPLES, Sample

SAMPLES_MAX: Final = 4


class ModelCard(NamedTuple):
    """A model with its prices and example pictures."""

    item: ModelPrices
    samples: Sequence[Sample]


@require_safe
@vary_on_cookie
def models(request: HttpRequest) -> HttpResponse:
    """Show the enabled models."""
    cards = [ModelCard(item, _samples(item.model.model_id)) for item in prices.models([])]
    return render(request, "website/public/models/page.html", {"cards": cards})


def _samples(model_id: str) -> list[Sample]:
    name = availability.short_name(model_id)
    return [sample for sample in SAMPLES if sample.model == name][:SAMPLES_MAX]
