"""The picture behind a link."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from images.models import Image
from images.storage import downloads, links
from infrastructure import database
from infrastructure.exceptions import Unavailable


@require_safe
async def linked_image(request: HttpRequest, token: str) -> HttpResponseBase:
    """Answer with the bytes of a picture; every link that is not good is the same 404, and 503 means: ask again."""
    image = await database.run_blocking(_image, token)
    if image is None:
        raise Http404
    try:
        return await downloads.file_response(request, downloads.picture_file(image))
    except Unavailable as away:
        return HttpResponse(status=away.status, headers={"Retry-After": str(away.retry_after_seconds)})


def _image(token: str) -> Image | None:
    image_id = links.image_id(token)
    return Image.objects.filter(pk=image_id, deleted_at=None).exclude(picture_name="").first() if image_id else None
