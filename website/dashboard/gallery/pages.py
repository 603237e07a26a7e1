"""Pages of the gallery: up to a page of the matching images on each side of a position, newest first."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from accounts.models import User
from images.library import search
from images.library.search import Filter
from images.models import Image, ImageQuerySet


@dataclass(frozen=True, slots=True)
class Page:
    """Images, newest first, and whether there may be newer and older ones that match."""

    images: list[Image]
    has_newer: bool = False
    has_older: bool = False

    @property
    def newer_after(self) -> uuid.UUID | None:
        """The position of the page with newer images, if there is one."""
        return self.images[0].pk if self.has_newer and self.images else None

    @property
    def older_before(self) -> uuid.UUID | None:
        """The position of the page with older images, if there is one."""
        return self.images[-1].pk if self.has_older and self.images else None


def page(user: User, filters: Filter, cursor: dict[str, Any]) -> Page:
    """Return the page at the position in `before`, `after` or `at`; the newest images if none of them is the user's.

    A position stays valid if its image is deleted or does not match.
    """
    matches = search.images(user.pk, filters)
    for name, page_at in PAGES.items():
        position = _position(user, cursor[name])
        if position is not None:
            return page_at(matches, position)
    images, has_older = _page_of(matches.newest_first())
    return Page(images, has_older=has_older)


def newer(user: User, filters: Filter, after: uuid.UUID) -> Page:
    """Return the next newer images after this position; none if it is not an image of the user."""
    position = _position(user, after)
    return _after(search.images(user.pk, filters), position) if position else Page([])


def _position(user: User, image_id: uuid.UUID | None) -> Image | None:
    return Image.objects.filter(user_id=user.pk, pk=image_id).first() if image_id else None


def _before(matches: ImageQuerySet, position: Image) -> Page:
    images, has_older = _page_of(search.older(matches, position))
    return Page(images, has_newer=True, has_older=has_older)


def _after(matches: ImageQuerySet, position: Image) -> Page:
    images, has_newer = _page_of(search.newer(matches, position))
    # An empty page links to the newest images, too.
    return Page(images[::-1], has_newer=has_newer or not images, has_older=True)


def _around(matches: ImageQuerySet, position: Image) -> Page:
    """Return the image at the position with up to a page of newer and a page of older images."""
    newer_images, has_newer = _page_of(search.newer(matches, position))
    images, has_older = _page_of(search.older(matches, position, inclusive=True))
    return Page(newer_images[::-1] + images, has_newer=has_newer, has_older=has_older)


PAGES: Final[dict[str, Callable[[ImageQuerySet, Image], Page]]] = {"before": _before, "after": _after, "at": _around}


def _page_of(images: ImageQuerySet) -> tuple[list[Image], bool]:
    # One image more than a page shows whether there are more.
    rows = list(images[: search.PAGE_IMAGES + 1])
    return rows[: search.PAGE_IMAGES], len(rows) > search.PAGE_IMAGES
