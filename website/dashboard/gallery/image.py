"""Page of one image: picture, details, receipt and neighbours in the gallery; cancelling and deleting it."""

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.authentication import Caller
from accounts.models import User
from billing import usage
from billing.models import LedgerEntry
from billing.usage import LedgerFilter
from images import generation
from images.exceptions import NotCancellable, NotReady
from images.generation import IMAGES_MAX
from images.library import lineage, search
from images.library.search import Filter
from images.models import Image
from images.schemas import UUID_PATTERN
from images.shares import shares
from images.statistics import durations
from website.dashboard import source_pictures
from website.dashboard.gallery.filters import GalleryForm, query_string
from website.dashboard.gallery.ownership import get_own_image
from website.dashboard.generate.result_panel import generate_url
from website.requests import MemberRequest


@require_safe
@never_cache
@login_required
def image(request: MemberRequest, image_id: uuid.UUID) -> HttpResponse:
    """Show an image. An open page refreshes with the status it shows as `seen`, and gets 204 if it is unchanged."""
    image = get_own_image(request.user, image_id)
    if request.htmx and request.GET.get("seen") == image.status:
        return HttpResponse(status=204)
    # The neighbours are those of the gallery with the filters from which the user opened this page.
    filters = GalleryForm(request.GET).filters()
    matches = search.images(request.user.pk, filters)
    context = {
        **_image_context(request.user, image),
        "newer": search.newer(matches, image).values_list("pk", flat=True).first(),
        "older": search.older(matches, image).values_list("pk", flat=True).first(),
        "query": query_string(filters),
    }
    template = "website/dashboard/image/_detail.html" if request.htmx else "website/dashboard/image/detail.html"
    return render(request, template, context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def delete(request: MemberRequest, image_id: uuid.UUID) -> HttpResponse:
    """Ask for confirmation; on POST, delete a finished image and return to its place in the gallery."""
    image = get_own_image(request.user, image_id)
    filters = GalleryForm(request.GET).filters()
    if request.method != "POST":
        return render(request, "website/dashboard/image/delete.html", {"image": image, "query": query_string(filters)})
    place = _place_without(request.user, image, filters)
    try:
        generation.delete(Caller.in_dashboard(request.user), image.pk)
    except NotReady as error:
        messages.error(request, error.message)
        return redirect("image", image.pk)
    messages.success(request, "Image deleted. Its ledger entries are kept.")
    return redirect(place)


@require_POST
@login_required
def cancel(request: MemberRequest, image_id: uuid.UUID) -> HttpResponse:
    """Cancel a queued image and return to the page that shows it."""
    image = get_own_image(request.user, image_id)
    try:
        generation.cancel(Caller.in_dashboard(request.user), image.pk)
    except NotCancellable as error:
        messages.error(request, error.message)
    if request.POST.get("from") == "generate":
        # The images that were requested together stay in view.
        ids = [image_id for image_id in request.POST.getlist("with")[:IMAGES_MAX] if UUID_PATTERN.fullmatch(image_id)]
        others = Image.objects.owned_by(request.user.pk).in_bulk(ids)
        return redirect(generate_url(*(others.values() or [image])))
    return redirect("image", image.pk)


def _place_without(user: User, image: Image, filters: Filter) -> str:
    """Return the URL of the gallery with these filters at the image that will take the place of this one."""
    matches = search.images(user.pk, filters)
    neighbours = (search.older(matches, image), search.newer(matches, image))
    neighbour = next((pk for images in neighbours for pk in images.values_list("pk", flat=True)[:1]), None)
    query = "&".join(part for part in (query_string(filters), f"at={neighbour}" if neighbour else "") if part)
    return reverse("gallery") + (f"?{query}" if query else "") + (f"#tile-{neighbour}" if neighbour else "")


def _image_context(user: User, image: Image) -> dict[str, Any]:
    caller = Caller.in_dashboard(user)
    entries, _ = usage.ledger_entries(caller, LedgerFilter(reference_id=image.pk))
    entries.reverse()
    source_pictures.prefetch([image])
    ancestors, descendants = lineage.relatives(caller, image)
    return {
        "image": image,
        "entries": entries,
        "refund": next((entry for entry in entries if entry.type == LedgerEntry.Type.REFUND), None),
        "duration": (image.finished_at - image.created_at) / timedelta(seconds=1) if image.finished_at else None,
        "elapsed": (timezone.now() - image.created_at) / timedelta(seconds=1),
        "usual": None if image.is_final else durations.typical_duration(image.model_id, image.thinking_level),
        "failure": generation.failure_of(image),
        "sources": source_pictures.of_image(image),
        "base": source_pictures.base_of(image),
        "is_shared": shares.of_image(image) is not None,
        # The oldest first, as they were made.
        "ancestors": ancestors[::-1],
        "descendants": descendants,
    }
