"""Typical duration of a model, estimated from recent images."""

from datetime import timedelta
from statistics import quantiles
from typing import Final, NamedTuple

from images.models import CatalogueModel, Image

# Only this many of the newest images of all users are searched for the model, which bounds the read for a rare model.
RECENT_IMAGES: Final = 500
SAMPLES_MIN: Final = 8
# Seconds to show, from and to, until there are SAMPLES_MIN images of the model.
DEFAULT_SECONDS: Final = {CatalogueModel.Speed.FAST: (5, 15), CatalogueModel.Speed.STANDARD: (10, 40)}


class TypicalDuration(NamedTuple):
    """A range of whole seconds in which most images finish: the 10th and the 90th percentile."""

    least: int
    most: int


def typical_duration(model_id: str, thinking_level: str | None) -> TypicalDuration:
    """Return how long images of this model and thinking level usually take, from the request to the end."""
    recent = Image.objects.newest_first().values("pk")[:RECENT_IMAGES]
    times = Image.objects.filter(
        pk__in=recent, model_id=model_id, thinking_level=thinking_level, status=Image.Status.SUCCEEDED
    ).values_list("created_at", "finished_at")
    seconds = [(end - start) / timedelta(seconds=1) for start, end in times if end]
    if len(seconds) < SAMPLES_MIN:
        speeds = CatalogueModel.objects.filter(pk=model_id).values_list("speed", flat=True)
        return TypicalDuration(*DEFAULT_SECONDS[CatalogueModel.Speed(speeds.first() or CatalogueModel.Speed.STANDARD)])
    deciles = quantiles(seconds, n=10)
    least = max(1, round(deciles[0]))
    return TypicalDuration(least, max(least + 1, round(deciles[-1])))
