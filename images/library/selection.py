"""A selection of a user's images: by ids, or all that match the filters of the gallery."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Self

from accounts.authentication import Caller
from images.exceptions import ImageNotFound
from images.library import search
from images.library.search import Filter
from images.models import Image, ImageQuerySet
from infrastructure.exceptions import FieldError, InvalidArguments

# The ids that one request may list. All images that match the filters need no ids.
IDS_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class Selection:
    """Images of one user, found anew by each query: what is deleted in the meantime is no longer selected."""

    user_id: uuid.UUID
    ids: Sequence[uuid.UUID] = ()
    # Selects all matching images instead of the ids.
    filters: Filter | None = None
    # Without the matching images that were requested later, which the user has not seen.
    requested_until: datetime | None = None
    excluded_ids: Collection[uuid.UUID] = field(default=())

    @classmethod
    def of_ids(cls, caller: Caller, ids: Sequence[uuid.UUID]) -> Self:
        """Return a selection of these images.

        Raises:
            ImageNotFound: One of them is not an image of the caller. A deleted image is left out instead.
            InvalidArguments: There are more than IDS_MAX ids.
        """
        _check_number(ids)
        unique = set(ids)
        if Image.objects.filter(user_id=caller.user_id, pk__in=unique).count() != len(unique):
            raise ImageNotFound
        return cls(caller.user_id, ids=ids)

    @classmethod
    def of_matches(
        cls,
        caller: Caller,
        filters: Filter,
        *,
        requested_until: datetime | None = None,
        excluded_ids: Collection[uuid.UUID] = (),
    ) -> Self:
        """Return a selection of all images that match the filters of the gallery.

        Raises:
            InvalidArguments: There are more than IDS_MAX excluded ids.
        """
        _check_number(excluded_ids)
        return cls(caller.user_id, filters=filters, requested_until=requested_until, excluded_ids=excluded_ids)

    def images(self) -> ImageQuerySet:
        """Return the selected images, newest first."""
        if self.filters is None:
            return Image.objects.owned_by(self.user_id).filter(pk__in=self.ids).newest_first()
        matches = search.images(self.user_id, self.filters)
        if self.requested_until is not None:
            matches = matches.filter(created_at__lte=self.requested_until)
        if self.excluded_ids:
            matches = matches.exclude(pk__in=self.excluded_ids)
        return matches.newest_first()


def _check_number(ids: Collection[uuid.UUID]) -> None:
    if len(ids) > IDS_MAX:
        raise InvalidArguments([FieldError("images", f"Select {IDS_MAX:,} images or fewer, or all that match.")])
