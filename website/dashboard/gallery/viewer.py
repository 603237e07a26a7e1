"""Pictures in the whole window: one with its neighbours in the gallery, or two side by side."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from images.library import search
from website.dashboard.gallery.filters import GalleryForm, query_string
from website.dashboard.gallery.ownership import get_own_image
from website.requests import MemberRequest


@require_safe
@never_cache
@login_required
def viewer(request: MemberRequest, image_id: uuid.UUID) -> HttpResponse:
    """Show a picture with links to its neighbours that have one; an htmx request gets only the viewer."""
    image = get_own_image(request.user, image_id)
    if not image.picture_name:
        raise Http404
    filters = GalleryForm(request.GET).filters()
    matches = search.images(request.user.pk, filters).exclude(picture_name="")
    context = {
        "image": image,
        "newer": search.newer(matches, image).values_list("pk", flat=True).first(),
        "older": search.older(matches, image).values_list("pk", flat=True).first(),
        "query": query_string(filters),
    }
    template = "website/dashboard/viewer/_viewer.html" if request.htmx else "website/dashboard/viewer/page.html"
    return render(request, template, context)


@require_safe
@never_cache
@login_required
def compare(request: MemberRequest) -> HttpResponse:
    """Show two pictures side by side, which zoom and move together."""
    ids = request.GET.getlist("image")
    if len(ids) != 2:
        raise Http404
    images = [get_own_image(request.user, image_id) for image_id in ids]
    if not all(image.picture_name for image in images):
        raise Http404
    return render(request, "website/dashboard/viewer/compare.html", {"images": images})
