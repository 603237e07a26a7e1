"""Picture files for the signed-in owner, and links to them that need no sign-in."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from images.models import Image
from images.storage import downloads, links
from infrastructure import database
from website.dashboard.gallery.ownership import get_own_image
from website.requests import MemberRequest


@require_safe
@login_required
async def thumbnail(request: HttpRequest, image_id: uuid.UUID) -> HttpResponseBase:
    """Send the thumbnail."""
    image = await _image_with_picture(request, image_id)
    return await downloads.file_response(request, await downloads.thumbnail_file(image))


@require_safe
@login_required
async def picture(request: HttpRequest, image_id: uuid.UUID) -> HttpResponseBase:
    """Send the picture for display in the browser."""
    image = await _image_with_picture(request, image_id)
    return await downloads.file_response(request, downloads.picture_file(image))


@require_safe
@login_required
async def download(request: HttpRequest, image_id: uuid.UUID) -> HttpResponseBase:
    """Send the picture as an attachment."""
    file = downloads.picture_file(await _image_with_picture(request, image_id))
    response = await downloads.file_response(request, file)
    response["Content-Disposition"] = downloads.content_disposition("attachment", file.file_name)
    return response


@require_safe
@never_cache
@login_required
def link(request: MemberRequest, image_id: uuid.UUID) -> HttpResponse:
    """Create a link that opens the picture without sign-in; as plain text for a script, else on a page."""
    image = get_own_image(request.user, image_id)
    url = links.image_url(image)
    if url is None:
        raise Http404
    if request.headers.get("Accept") == "text/plain":
        return HttpResponse(url, content_type="text/plain; charset=utf-8")
    return render(request, "website/dashboard/image/link.html", {"image": image, "link": url})


async def _image_with_picture(request: HttpRequest, image_id: uuid.UUID) -> Image:
    user = await request.auser()
    assert isinstance(user, User)  # noqa: S101
    image = await database.run_blocking(get_own_image, user, image_id)
    if not image.picture_name:
        raise Http404
    return image
