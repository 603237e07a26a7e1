"""One image: the picture with its facts and receipt, its neighbours in the gallery, and deleting it."""

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.authentication import Caller
from accounts.models import ApiKey, User
from billing import usage
from billing.models import LedgerEntry
from billing.usage import LedgerFilter
from images import generation, search
from images.exceptions import NotCancellable, NotReady
from images.models import Image
from images.statistics import durations
from website.dashboard.gallery.ownership import get_own_image
from website.dashboard.gallery.views import GalleryForm, query_string
from website.dashboard.generate.stage import generate_url
from website.requests import MemberRequest


@require_safe
@never_cache
@login_required
def image(request: MemberRequest, image_id: uuid.UUID) -> HttpResponse:
    """Show an image; a page that is open asks again when something changes, and is told if nothing did."""
    image = get_own_image(request.user, image_id)
    if request.htmx and request.GET.get("seen") == image.status:
        return HttpResponse(status=204)
    chosen = GalleryForm(request.GET).filter()
    found = search.images(request.user.pk, chosen)
    context = {
        **_facts(request.user, image),
        "newer": search.newer(found, image).values_list("pk", flat=True).first(),
        "older": search.older(found, image).values_list("pk", flat=True).first(),
        "query": query_string(chosen),
    }
    return render(
        request,
        "website/dashboard/image/_detail.html" if request.htmx else "website/dashboard/image/detail.html",
        context,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def delete(request: MemberRequest, image_id: uuid.UUID) -> HttpResponse:
    """Ask whether to delete a finished image; told so by the form, delete it."""
    image = get_own_image(request.user, image_id)
    if request.method != "POST":
        return render(request, "website/dashboard/image/delete.html", {"image": image})
    try:
        generation.delete(Caller.in_dashboard(request.user), image.pk)
    except NotReady as error:
        messages.error(request, error.message)
        return redirect("image", image.pk)
    messages.success(request, "Image deleted. Its lines in the ledger stay.")
    return redirect("gallery")


@require_POST
@login_required
def cancel(request: MemberRequest, image_id: uuid.UUID) -> HttpResponse:
    """End an image that is still queued, and go back to where it is shown."""
    image = get_own_image(request.user, image_id)
    try:
        generation.cancel(Caller.in_dashboard(request.user), image.pk)
    except NotCancellable as error:
        messages.error(request, error.message)
    if request.POST.get("from") == "generate":
        return redirect(generate_url(image))
    return redirect("image", image.pk)


def _facts(user: User, image: Image) -> dict[str, Any]:
    entries, _ = usage.ledger_entries(Caller.in_dashboard(user), LedgerFilter(reference_id=image.pk))
    entries.reverse()
    return {
        "image": image,
        "entries": entries,
        "refund": next((entry for entry in entries if entry.type == LedgerEntry.Type.REFUND), None),
        "key": ApiKey.objects.filter(pk=image.api_key_id).first() if image.api_key_id else None,
        "took": (image.finished_at - image.created_at) / timedelta(seconds=1) if image.finished_at else None,
        "elapsed": (timezone.now() - image.created_at) / timedelta(seconds=1),
        "usual": None if image.is_final else durations.typical_duration(image.model_id, image.thinking_level),
        "failure": generation.failure_of(image),
    }
