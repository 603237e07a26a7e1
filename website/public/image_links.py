"""Pictures and thumbnails by signed link."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from images.models import Image
from images.storage import downloads, links
from infrastructure import database
from infrastructure.exceptions import Unavailable


@require_safe
async def linked_image(request: HttpRequest, token: str) -> HttpResponseBase:
    """Send the picture of a signed link.

    Every invalid link gets the same 404. While storage is unavailable the response is 503 with `Retry-After`.
    """
    return await _response(request, token)


@require_safe
async def linked_thumbnail(request: HttpRequest, token: str) -> HttpResponseBase:
    """Send the thumbnail of the picture of a signed link; errors as for the picture."""
    return await _response(request, token, is_thumbnail=True)


async def _response(request: HttpRequest, token: str, *, is_thumbnail: bool = False) -> HttpResponseBase:
    image = await database.run_blocking(_image, token)
    if image is None:
        raise Http404
    try:
        file = await downloads.thumbnail_file(image) if is_thumbnail else downloads.picture_file(image)
        response = await downloads.file_response(request, file)
    except Unavailable as error:
        return unavailable(error)
    # Agents' chats show these pictures, some on pages that load nothing without this permission.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def unavailable(error: Unavailable) -> HttpResponse:
    """Return the response without a body for a file that storage cannot send now."""
    return HttpResponse(status=error.status, headers={"Retry-After": str(error.retry_after_seconds)})


def _image(token: str) -> Image | None:
    image_id = links.image_id(token)
    return Image.objects.filter(pk=image_id, deleted_at=None).exclude(picture_name="").first() if image_id else None
