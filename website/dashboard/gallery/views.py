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
from images.library import collections, search
from images.library.search import Filter
from images.models import CatalogueModel, Image
from infrastructure import database_clock
from website.dashboard.gallery import pages, undo
from website.dashboard.gallery.filters import RATIOS, STATES, GalleryForm, active_tags, count_context, query_string
from website.dashboard.overview import first_steps
from website.public import samples
from website.requests import MemberRequest

KEY_CHOICES_MAX: Final = 200
SAMPLE_NAMES: Final = ("sea", "stairwell", "ink", "leaves")


@require_safe
@never_cache
@login_required
def gallery(request: MemberRequest) -> HttpResponse:
    """Show the images that match the query string, from the position in it.

    An htmx request gets only a part of the page: newer tiles with `after`, older tiles with `before`, else the results.
    """
    form = GalleryForm(request.GET)
    values, filters = form.valid_values(), form.filters()
    if request.htmx and values["after"]:
        context = _newer_context(request.user, filters, values["after"])
        return render(request, "website/dashboard/gallery/_newer.html", context)
    page = pages.page(request.user, filters, values)
    context = {"images": page.images, "older_before": page.older_before, "query": query_string(filters)}
    if request.htmx and values["before"]:
        return render(request, "website/dashboard/gallery/_tiles.html", context)
    context |= {"newer_after": page.newer_after, "has_newer": page.has_newer}
    context |= {**count_context(request.user, filters), **_filters_context(request.user, filters)}
    if not request.htmx:
        context |= {"selected": values, "undo": undo.deletion_of(request)}
        return render(request, "website/dashboard/gallery/page.html", context)
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


def _newer_context(user: User, filters: Filter, after: uuid.UUID) -> dict[str, Any]:
    page = pages.newer(user, filters, after)
    context = {"images": page.images, "newer_after": page.newer_after, "query": query_string(filters)}
    return context | count_context(user, filters)


def _filters_context(user: User, filters: Filter) -> dict[str, Any]:
    models, keys = list(CatalogueModel.objects.all()), list(api_keys.list_for(user)[:KEY_CHOICES_MAX])
    own_collections = collections.names(user.pk)
    return {
        "collections": own_collections,
        "collection": next((each for each in own_collections if each.pk == filters.collection_id), None),
        # What was requested later is not part of "all matching images".
        "shown_at": database_clock.now().isoformat(),
        "models": models,
        "keys": keys,
        "ratios": RATIOS,
        "states": STATES,
        "tags": active_tags(filters, keys, own_collections),
        "is_search_too_long": filters.has_too_many_characters,
        "search_max": search.WORDS_MAX_CHARACTERS,
        "is_new_account": not first_steps.has_images(user),
        "samples": [samples.BY_NAME[name] for name in SAMPLE_NAMES],
    }
