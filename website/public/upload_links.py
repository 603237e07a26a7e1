"""The link of an upload ticket: takes one picture without a key, and shows a page to choose it in a browser."""

import functools
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from api import problems, upload_body
from images.exceptions import UploadExpired
from images.models import Upload
from images.uploads import intake, tickets, uploads
from images.uploads.schemas import UploadResult
from infrastructure import database
from infrastructure.exceptions import InvalidArguments, ServiceError, Unavailable


# The link itself is the permission: another site's form cannot contain it, and no cookie is used.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "PUT", "POST"])
async def upload(request: HttpRequest, token: str) -> HttpResponse:
    """Store the picture of a PUT or POST; show the page of the link otherwise.

    The result is JSON, with errors as problem documents, or a page for a browser's form.
    """
    if request.method in {"GET", "HEAD"}:
        return await database.run_blocking(_page, request, token)
    is_form = "text/html" in request.headers.get("Accept", "")
    try:
        result = await _redeem(request, token)
    except ServiceError as error:
        return await database.run_blocking(_error_page, request, error) if is_form else problems.json_response(error)
    if is_form:
        return await database.run_blocking(_render, request, "done", {"upload": result}, status=201)
    return JsonResponse(UploadResult.of(result).to_json(), status=201)


async def _redeem(request: HttpRequest, token: str) -> Upload:
    try:
        return await intake.redeem(tickets.upload_id(token), functools.partial(upload_body.read, request))
    except database.UNAVAILABLE_ERRORS:
        raise Unavailable from None


def _page(request: HttpRequest, token: str) -> HttpResponse:
    try:
        uploads.open_ticket(tickets.upload_id(token))
    except UploadExpired as error:
        return _error_page(request, error)
    return _render(request, "page", {}, status=200)


def _error_page(request: HttpRequest, error: ServiceError) -> HttpResponse:
    """Show why the picture was not stored, with the form again if the link still works."""
    if isinstance(error, UploadExpired):
        return _render(request, "expired", {}, status=error.status)
    message = error.fields[0].message if isinstance(error, InvalidArguments) else error.message
    return _render(request, "page", {"error": message}, status=error.status)


def _render(request: HttpRequest, name: str, context: dict[str, Any], *, status: int) -> HttpResponse:
    limits = {"max_bytes": uploads.MAX_BYTES}
    return render(request, f"website/public/upload/{name}.html", {**context, **limits}, status=status)
