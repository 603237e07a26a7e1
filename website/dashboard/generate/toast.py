"""Toast that announces a finished image on dashboard pages that show no images."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from images.models import Image
from website.dashboard.gallery.ownership import get_own_image, was_deleted
from website.requests import MemberRequest


@require_safe
@never_cache
@login_required
def toast(request: MemberRequest, image_id: uuid.UUID) -> HttpResponse:
    """Return a toast for a finished image of the dashboard, and 204 for any other image.

    Images that were requested with an API key get no toast, because agents can create many of them.
    """
    if was_deleted(request.user, str(image_id)):
        return HttpResponse(status=204)
    image = get_own_image(request.user, image_id)
    if image.api_key_id or not image.is_final or image.status == Image.Status.CANCELLED:
        return HttpResponse(status=204)
    return render(request, "website/dashboard/image/_toast.html", {"image": image})
