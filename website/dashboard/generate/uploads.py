"""Files that the composer's script sends, each in a request of its own, and the pictures of uploads for their owner."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_POST, require_safe

from accounts.authentication import Caller
from accounts.models import User
from images.exceptions import RequestRejected
from images.models import Upload
from images.storage import downloads
from images.uploads import intake, uploads
from infrastructure import database
from infrastructure.exceptions import ServiceError
from website.dashboard.generate import source_list


@require_POST
@login_required
async def add_upload(request: HttpRequest) -> JsonResponse:
    """Store the file of a form and return its id, or a message for people."""
    file = request.FILES.get("file")
    if file is None:
        return JsonResponse({"message": source_list.NO_FILE}, status=422)
    if source_list.has_too_large_body(request) or (file.size or 0) > uploads.MAX_BYTES:
        size = max(int(request.headers.get("Content-Length") or 0), file.size or 0)
        return JsonResponse({"message": source_list.too_large(size)}, status=413)
    try:
        upload = await intake.store(await _caller(request), file.read)
    except ServiceError as error:
        return JsonResponse({"message": source_list.error_message(error)}, status=error.status)
    return JsonResponse({"id": str(upload.pk)}, status=201)


@require_safe
@login_required
async def upload_picture(request: HttpRequest, upload_id: uuid.UUID) -> HttpResponseBase:
    """Send the picture of an upload for display in the browser."""
    upload = await database.run_blocking(_find, await _caller(request), upload_id)
    return await downloads.file_response(request, downloads.upload_file(upload))


@require_safe
@login_required
async def upload_thumbnail(request: HttpRequest, upload_id: uuid.UUID) -> HttpResponseBase:
    """Send the thumbnail of an upload."""
    upload = await database.run_blocking(_find, await _caller(request), upload_id)
    return await downloads.file_response(request, await downloads.upload_thumbnail_file(upload))


def _find(caller: Caller, upload_id: uuid.UUID) -> Upload:
    try:
        return uploads.find(caller, upload_id)
    except RequestRejected as error:
        raise Http404 from error


async def _caller(request: HttpRequest) -> Caller:
    user = await request.auser()
    assert isinstance(user, User)  # noqa: S101
    return Caller.in_dashboard(user)
