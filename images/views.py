"""The picture behind a link."""

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from config import database
from images import links, serving
from images.models import Image


@require_safe
async def picture(request: HttpRequest, token: str) -> HttpResponseBase:
    """Answer with the bytes of a picture; every link that is not good is the same 404."""
    image = await database.run_blocking(_image, token)
    if image is None:
        raise Http404
    return await serving.send(request, serving.picture(image))


def _image(token: str) -> Image | None:
    image_id = links.image_id(token)
    return Image.objects.filter(pk=image_id, deleted_at=None).exclude(picture_name="").first() if image_id else None
