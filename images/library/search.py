"""Search of a user's images for the gallery: by words of the prompt and by filters, newest first, in pages."""

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.contrib.postgres.search import SearchQueryField, SearchVectorField
from django.db.models import BooleanField, F, Func, Q, Sum, Value
from django.db.models.fields import UUIDField

from images.models import Image, ImageCount, ImageQuerySet

PAGE_IMAGES: Final = 40
# A filtered list counts this many matches at most and then shows that there are more.
COUNTED_MAX: Final = 1000
# A longer search is not run: it would match nothing useful and cost an index scan for each of its words.
WORDS_MAX_CHARACTERS: Final = 200
# The statuses that a gallery shows by default.
DEFAULT_STATES: Final = (Image.Status.SUCCEEDED, *Image.UNFINISHED)
ALL_STATES: Final = "all"


@dataclass(frozen=True, slots=True)
class Filter:
    """The filters of a gallery. An empty field does not filter; an empty state selects DEFAULT_STATES.

    Words that are too long, or that contain no letter or digit, match no image.
    """

    words: str = ""
    model_id: str = ""
    aspect_ratio: str = ""
    state: str = ""
    api_key_id: uuid.UUID | None = None
    # Only images that were requested in the dashboard, without a key.
    without_key: bool = False
    since: date | None = None
    until: date | None = None
    favourites: bool = False
    collection_id: uuid.UUID | None = None

    @property
    def has_too_many_characters(self) -> bool:
        """Whether the words are longer than a search can be."""
        return len(self.words) > WORDS_MAX_CHARACTERS


class _Matches(Func):
    """Whether a prompt contains the words, by the index and functions of migration 0013."""

    template = "%(expressions)s"
    arg_joiner = " @@ "
    output_field = BooleanField()


def images(user_id: uuid.UUID, filters: Filter) -> ImageQuerySet:
    """Return the user's images that match the filters; since and until are days in UTC, both included."""
    # PostgreSQL cannot store a NUL character, so that no prompt contains one.
    if filters.has_too_many_characters or "\0" in filters.words:
        return Image.objects.none()
    matching = Image.objects.owned_by(user_id).filter(**_lookups(filters))
    matching = matching.in_library(favourite=filters.favourites or None, collection_id=filters.collection_id)
    if filters.state != ALL_STATES:
        matching = matching.filter(status__in=[filters.state] if filters.state else DEFAULT_STATES)
    if filters.words:
        document = Func(F("user_id"), F("prompt"), function="images_words", output_field=SearchVectorField())
        query = Func(
            Value(user_id, UUIDField()), Value(filters.words), function="images_search", output_field=SearchQueryField()
        )
        matching = matching.filter(_Matches(document, query))
    return matching


def _lookups(filters: Filter) -> dict[str, Any]:
    lookups = {
        "model_id": filters.model_id or None,
        "aspect_ratio": filters.aspect_ratio or None,
        "api_key_id": filters.api_key_id,
        "api_key__isnull": filters.without_key or None,
        "created_at__gte": _midnight(filters.since) if filters.since else None,
        "created_at__lt": _midnight(filters.until) + timedelta(days=1) if filters.until else None,
    }
    return {name: value for name, value in lookups.items() if value is not None}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def older(images: ImageQuerySet, image: Image, *, inclusive: bool = False) -> ImageQuerySet:
    """Return those of the images that are older than this one, newest first; ties are ordered by id.

    If inclusive, the image itself comes first, if it is one of the images.
    """
    at, tie = image.created_at, Q(id__lte=image.pk) if inclusive else Q(id__lt=image.pk)
    return images.filter(Q(created_at__lt=at) | tie, created_at__lte=at).newest_first()


def newer(images: ImageQuerySet, image: Image) -> ImageQuerySet:
    """Return those of the images that are newer than this one, oldest first; ties are ordered by id."""
    at = image.created_at
    return images.filter(Q(created_at__gt=at) | Q(id__gt=image.pk), created_at__gte=at).order_by("created_at", "id")


def count(user_id: uuid.UUID, filters: Filter) -> tuple[int, bool]:
    """Return the number of matching images, at most COUNTED_MAX, and whether there are more."""
    if filters == Filter():
        counts = ImageCount.objects.filter(user_id=user_id, status__in=DEFAULT_STATES)
        return counts.aggregate(total=Sum("images", default=0))["total"], False
    # The order makes PostgreSQL scan the index of the user's images instead of the whole table. A search for words has
    # an index of its own, which the order would keep PostgreSQL from using.
    matching = images(user_id, filters)
    total = (matching if filters.words else matching.newest_first())[: COUNTED_MAX + 1].count()
    return min(total, COUNTED_MAX), total > COUNTED_MAX
