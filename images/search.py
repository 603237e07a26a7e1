"""Which of a user's images a gallery shows: by words of the prompt and by facts, newest first, page by page."""

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.contrib.postgres.search import SearchQueryField, SearchVectorField
from django.db.models import BooleanField, F, Func, Q, Sum, Value
from django.db.models.fields import UUIDField

from images.models import Image, ImageCount, ImageQuerySet

PAGE_IMAGES: Final = 40
# Beyond this a filtered list says that there are more instead of how many.
COUNTED_MAX: Final = 1000
# What a gallery shows unless it is asked for a state: pictures, and what will become one.
USUALLY: Final = (Image.Status.SUCCEEDED, *Image.UNFINISHED)
ALL_STATES: Final = "all"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which images; an empty field leaves a thing open."""

    words: str = ""
    model_id: str = ""
    aspect_ratio: str = ""
    state: str = ""
    api_key_id: uuid.UUID | None = None
    since: date | None = None
    until: date | None = None


class _Matches(Func):
    """Whether a prompt holds the words: see migration 0006."""

    template = "%(expressions)s"
    arg_joiner = " @@ "
    output_field = BooleanField()


def images(user_id: uuid.UUID, chosen: Filter) -> ImageQuerySet:
    """Return the user's images that the filter lets pass; days are UTC's, the last one included."""
    found = Image.objects.owned_by(user_id).filter(**_facts(chosen))
    if chosen.state != ALL_STATES:
        found = found.filter(status__in=[chosen.state] if chosen.state else USUALLY)
    if chosen.words:
        words = Func(F("user_id"), F("prompt"), function="images_words", output_field=SearchVectorField())
        wanted = Func(
            Value(user_id, UUIDField()), Value(chosen.words), function="images_search", output_field=SearchQueryField()
        )
        found = found.filter(_Matches(words, wanted))
    return found


def _facts(chosen: Filter) -> dict[str, Any]:
    facts = {
        "model_id": chosen.model_id or None,
        "aspect_ratio": chosen.aspect_ratio or None,
        "api_key_id": chosen.api_key_id,
        "created_at__gte": _midnight(chosen.since) if chosen.since else None,
        "created_at__lt": _midnight(chosen.until) + timedelta(days=1) if chosen.until else None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def older(found: ImageQuerySet, image: Image) -> ImageQuerySet:
    """Return the images that come after this one in a list, the next one first."""
    at = image.created_at
    return found.filter(Q(created_at__lt=at) | Q(id__lt=image.pk), created_at__lte=at).newest_first()


def newer(found: ImageQuerySet, image: Image) -> ImageQuerySet:
    """Return the images that come before this one in a list, the nearest one first."""
    at = image.created_at
    return found.filter(Q(created_at__gt=at) | Q(id__gt=image.pk), created_at__gte=at).order_by("created_at", "id")


def count(user_id: uuid.UUID, chosen: Filter) -> tuple[int, bool]:
    """Return how many images the filter lets pass, and whether there may be more than that."""
    if chosen == Filter():
        counts = ImageCount.objects.filter(user_id=user_id, status__in=USUALLY)
        return counts.aggregate(total=Sum("images", default=0))["total"], False
    # The order leads PostgreSQL along the user's own images, where it could take reading everybody's for quicker. Words
    # have an index of their own, which the order would lead away from.
    matching = images(user_id, chosen)
    found = (matching if chosen.words else matching.newest_first())[: COUNTED_MAX + 1].count()
    return min(found, COUNTED_MAX), found > COUNTED_MAX
