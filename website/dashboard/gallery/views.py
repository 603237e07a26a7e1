"""Gallery: the user's images, filtered by the query string, in pages that load while scrolling."""

import uuid
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import api_keys
from accounts.models import User
from images import search
from images.models import CatalogueModel, Image
from images.search import Filter
from website.dashboard.gallery.filters import RATIOS, STATES, GalleryForm, active_tags, query_string
from website.dashboard.overview import first_steps
from website.public import samples
from website.requests import MemberRequest

KEY_CHOICES_MAX: Final = 200
# The most pages loaded at once when the user returns to a scrolled gallery.
RETURN_PAGES_MAX: Final = 10
SAMPLE_NAMES: Final = ("sea", "stairwell", "ink", "leaves")


@require_safe
@never_cache
@login_required
def gallery(request: MemberRequest) -> HttpResponse:
    """Show the images that match the query string.

    An htmx request gets only a part of the page: newer tiles with `after`, older tiles with `before`, else the results.
    """
    form = GalleryForm(request.GET)
    values, filters = form.valid_values(), form.filters()
    if request.htmx and values["after"]:
        context = _newer_context(request.user, filters, values["after"])
        return render(request, "website/dashboard/gallery/_newer.html", context)
    at = None if request.htmx else values["at"]
    context = _page_context(request.user, filters, values["before"], at)
    if request.htmx and values["before"]:
        return render(request, "website/dashboard/gallery/_tiles.html", context)
    context |= {**_count_context(request.user, filters), **_filters_context(request.user, filters)}
    if not request.htmx:
        return render(request, "website/dashboard/gallery/page.html", {**context, "selected": values})
    response = render(request, "website/dashboard/gallery/_results.html", context)
    response["HX-Replace-Url"] = reverse("gallery") + (f"?{context['query']}" if context["query"] else "")
    return response


@require_safe
@never_cache
@login_required
def tile(request: MemberRequest, image_id: uuid.UUID) -> HttpResponse:
    """Return the current tile of one image, which replaces its tile in an open gallery; nothing if it was deleted."""
    image = Image.objects.filter(user_id=request.user.pk, pk=image_id).first()
    if image is None:
        raise Http404
    query = query_string(GalleryForm(request.GET).filters())
    context = {"images": [] if image.deleted_at else [image], "query": query}
    return render(request, "website/dashboard/gallery/_tiles.html", context)


def _page_context(user: User, filters: Filter, before: uuid.UUID | None, at: uuid.UUID | None) -> dict[str, Any]:
    matches = search.images(user.pk, filters)
    # The position stays valid if its image was deleted; the id of another user's image is ignored.
    position = Image.objects.filter(user_id=user.pk, pk=before).first() if before else None
    size = search.PAGE_IMAGES if position or not at else _size_with(user, filters, at)
    matches = search.older(matches, position) if position else matches.newest_first()
    # One image more than a page, to find out whether there is a next page.
    images = list(matches[: size + 1])
    page = images[:size]
    return {
        "images": page,
        "older_before": page[-1].pk if len(images) > len(page) else None,
        "is_first_page": position is None,
        "query": query_string(filters),
        "is_search_too_long": filters.has_too_many_characters,
        "search_max": search.WORDS_MAX_CHARACTERS,
    }


def _size_with(user: User, filters: Filter, at: uuid.UUID) -> int:
    """Return how many images to load to show this one: whole pages, at most RETURN_PAGES_MAX."""
    position = Image.objects.filter(user_id=user.pk, pk=at).first()
    if position is None:
        return search.PAGE_IMAGES
    newer = search.newer(search.images(user.pk, filters), position)
    count = newer.values_list("pk")[: search.PAGE_IMAGES * RETURN_PAGES_MAX - 1].count()
    return search.PAGE_IMAGES * (count // search.PAGE_IMAGES + 1)


def _newer_context(user: User, filters: Filter, after: uuid.UUID) -> dict[str, Any]:
    position = Image.objects.filter(user_id=user.pk, pk=after).first()
    matches = search.newer(search.images(user.pk, filters), position) if position else Image.objects.none()
    images = list(matches[: search.PAGE_IMAGES])[::-1]
    return {"images": images, "query": query_string(filters), **_count_context(user, filters)}


def _count_context(user: User, filters: Filter) -> dict[str, Any]:
    count, is_more = search.count(user.pk, filters)
    return {"count": count, "is_more": is_more}


def _filters_context(user: User, filters: Filter) -> dict[str, Any]:
    models, keys = list(CatalogueModel.objects.all()), list(api_keys.list_for(user)[:KEY_CHOICES_MAX])
    return {
        "models": models,
        "keys": keys,
        "ratios": RATIOS,
        "states": STATES,
        "tags": active_tags(filters, keys),
        "is_new_account": not first_steps.has_images(user),
        "samples": [samples.BY_NAME[name] for name in SAMPLE_NAMES],
    }
