"""Pictures by signed link."""

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
    image = await database.run_blocking(_image, token)
    if image is None:
        raise Http404
    try:
        return await downloads.file_response(request, downloads.picture_file(image))
    except Unavailable as error:
        return HttpResponse(status=error.status, headers={"Retry-After": str(error.retry_after_seconds)})


def _image(token: str) -> Image | None:
    image_id = links.image_id(token)
    return Image.objects.filter(pk=image_id, deleted_at=None).exclude(picture_name="").first() if image_id else None
