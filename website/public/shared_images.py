"""The public page of a shared picture, and its files."""

import dataclasses
from pathlib import PurePosixPath
from typing import TypeVar

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from images.models import Image, Share
from images.pictures.raster import THUMBNAIL_LONG_SIDE_PIXELS
from images.shares import shares
from images.storage import downloads
from images.storage.downloads import StoredFile
from infrastructure import database
from infrastructure.exceptions import Unavailable
from website.public.image_links import unavailable

Response = TypeVar("Response", bound=HttpResponseBase)

NOINDEX = "noindex, noimageindex"
# Browsers revalidate before every use, so that a revoked link shows nothing from a cache.
CACHE_CONTROL = "private, no-cache"
FILE_NAME = "shared-image"


@require_safe
@never_cache
def shared_image(request: HttpRequest, token: str) -> HttpResponse:
    """Show a shared picture. Every link that does not work gets the same 404."""
    share = shares.by_token(token)
    if share is None:
        return _with_noindex(render(request, "website/public/share/not_found.html", status=404))
    image = share.image
    width, height = _thumbnail_size(image)
    context = {
        "image": image,
        "prompt": image.prompt if share.shows_prompt else "",
        "picture": reverse("shared-picture", args=[token]),
        "thumbnail": reverse("shared-thumbnail", args=[token]),
        "thumbnail_width": width,
        "thumbnail_height": height,
    }
    return _with_noindex(render(request, "website/public/share/page.html", context))


@require_safe
async def shared_picture(request: HttpRequest, token: str) -> HttpResponseBase:
    """Send the picture."""
    share = await _find(token)
    return await _file_response(request, share, downloads.picture_file(share.image))


@require_safe
async def shared_thumbnail(request: HttpRequest, token: str) -> HttpResponseBase:
    """Send the thumbnail, for previews of the link."""
    share = await _find(token)
    try:
        file = await downloads.thumbnail_file(share.image)
    except Unavailable as error:
        return unavailable(error)
    return await _file_response(request, share, file)


def _thumbnail_size(image: Image) -> tuple[int, int]:
    width, height = image.width or 1, image.height or 1
    scale = min(1, THUMBNAIL_LONG_SIDE_PIXELS / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


async def _find(token: str) -> Share:
    share = await database.run_blocking(shares.by_token, token)
    if share is None:
        raise Http404
    return share


async def _file_response(request: HttpRequest, share: Share, file: StoredFile) -> HttpResponseBase:
    if not share.shows_prompt:
        # The usual name consists of words of the prompt.
        file = dataclasses.replace(file, file_name=FILE_NAME + PurePosixPath(file.file_name).suffix)
    try:
        response = await downloads.file_response(request, file)
    except Unavailable as error:
        return unavailable(error)
    response["Cache-Control"] = CACHE_CONTROL
    return _with_noindex(response)


def _with_noindex(response: Response) -> Response:
    """Add the header for clients that do not read the page, such as those of the picture."""
    response["X-Robots-Tag"] = NOINDEX
    return response
