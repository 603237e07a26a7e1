"""The form around the gallery's tiles: which images it selects, and the address to return to."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils.dateparse import parse_datetime

from accounts.authentication import Caller
from images.exceptions import ImageNotFound
from images.library.search import Filter
from images.library.selection import Selection
from images.schemas import UUID_PATTERN
from website.dashboard.gallery.filters import GalleryForm, query_string


@dataclass(frozen=True, slots=True)
class SelectionForm:
    """The form as submitted. A script sends all ids in one field, because Django limits the number of fields."""

    ids: list[uuid.UUID]
    excluded_ids: list[uuid.UUID]
    selects_all: bool
    filters: Filter
    shown_at: datetime | None

    @classmethod
    def from_post(cls, data: QueryDict) -> "SelectionForm":
        """Return the form as submitted.

        Raises:
            Http404: An id is not a UUID.
        """
        return cls(
            ids=_ids([*data.getlist("image"), *_listed(data, "images")]),
            excluded_ids=_ids(_listed(data, "excluded")),
            selects_all=data.get("all") == "yes",
            filters=GalleryForm(QueryDict(data.get("filters", ""))).filters(),
            shown_at=parse_time(data.get("shown_at", "")),
        )

    @property
    def is_empty(self) -> bool:
        return not self.selects_all and not self.ids

    @property
    def query(self) -> str:
        """The query string of the filters."""
        return query_string(self.filters)

    @property
    def gallery_url(self) -> str:
        """The gallery with the filters, in which the user goes on selecting."""
        return f"{reverse('gallery')}?{self.query}&select=yes" if self.query else f"{reverse('gallery')}?select=yes"

    @property
    def fields(self) -> dict[str, str]:
        """The fields that select the same images in another form."""
        return {
            "images": ",".join(map(str, self.ids)),
            "excluded": ",".join(map(str, self.excluded_ids)),
            "all": "yes" if self.selects_all else "",
            "filters": self.query,
            "shown_at": self.shown_at.isoformat() if self.shown_at else "",
        }

    def selection(self, caller: Caller) -> Selection:
        """Return the selected images.

        Raises:
            Http404: One of the ids is not an image of the user.
            InvalidArguments: There are too many ids.
        """
        if self.selects_all:
            return Selection.of_matches(
                caller, self.filters, requested_until=self.shown_at, excluded_ids=self.excluded_ids
            )
        try:
            return Selection.of_ids(caller, self.ids)
        except ImageNotFound as error:
            raise Http404 from error


def parse_time(text: str) -> datetime | None:
    """Return the time of an ISO 8601 text with an offset; None if it is none."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo else None


def _listed(data: QueryDict, name: str) -> list[str]:
    return [value for value in data.get(name, "").split(",") if value]


def _ids(texts: list[str]) -> list[uuid.UUID]:
    if not all(UUID_PATTERN.fullmatch(text) for text in texts):
        raise Http404
    return [uuid.UUID(text) for text in texts]
