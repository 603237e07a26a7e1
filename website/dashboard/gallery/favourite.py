"""The star of one image."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.authentication import Caller
from images.library import favourites
from images.models import Image
from website.dashboard.gallery.ownership import get_own_image
from website.dashboard.gallery.selection_form import SelectionForm
from website.requests import MemberRequest


@require_POST
@never_cache
@login_required
def favourite(request: MemberRequest, image_id: uuid.UUID) -> HttpResponse:
    """Make an image a favourite with `favourite=yes`, else remove it; return the star, or the page it was on."""
    caller, image = Caller.in_dashboard(request.user), get_own_image(request.user, image_id)
    change = favourites.add if request.POST.get("favourite") == "yes" else favourites.remove
    change(caller, image.pk)
    if request.htmx:
        context = {"image": get_own_image(request.user, image_id), "is_button": request.POST.get("from") != "gallery"}
        return render(request, "website/dashboard/image/_star.html", context)
    return redirect(_place(request, image))


def _place(request: MemberRequest, image: Image) -> str:
    if request.POST.get("from") != "gallery":
        return reverse("image", args=[image.pk])
    query = SelectionForm.from_post(request.POST).query
    return f"{reverse('gallery')}?{query + '&' if query else ''}at={image.pk}#tile-{image.pk}"
