"""How long a model usually takes, from what it took lately."""

from datetime import timedelta
from statistics import quantiles
from typing import Final, NamedTuple

from images.models import CatalogueModel, Image

# Among these newest images of everybody those of the model are looked at: a bounded read, however rare the model is.
LATEST: Final = 500
ENOUGH: Final = 8
# Until there is enough to go by.
BY_SPEED: Final = {CatalogueModel.Speed.FAST: (5, 15), CatalogueModel.Speed.STANDARD: (10, 40)}


class TypicalDuration(NamedTuple):
    """Whole seconds between which most pictures are finished."""

    least: int
    most: int


def typical_duration(model_id: str, thinking_level: str | None) -> TypicalDuration:
    """Return how long pictures of this model and thinking level take as a rule, from asking to having it."""
    latest = Image.objects.newest_first().values("pk")[:LATEST]
    made = Image.objects.filter(
        pk__in=latest, model_id=model_id, thinking_level=thinking_level, status=Image.Status.SUCCEEDED
    ).values_list("created_at", "finished_at")
    seconds = [(end - begin) / timedelta(seconds=1) for begin, end in made if end]
    if len(seconds) < ENOUGH:
        speeds = CatalogueModel.objects.filter(pk=model_id).values_list("speed", flat=True)
        return TypicalDuration(*BY_SPEED[CatalogueModel.Speed(speeds.first() or CatalogueModel.Speed.STANDARD)])
    tenths = quantiles(seconds, n=10)
    least = max(1, round(tenths[0]))
    return TypicalDuration(least, max(least + 1, round(tenths[-1])))
