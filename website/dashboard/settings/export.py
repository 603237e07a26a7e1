"""Data export: request, status and download."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from images.exports import lifecycle
from images.models import Export
from images.storage import downloads
from infrastructure import database


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def export(request: HttpRequest) -> HttpResponse:
    """Show the status of the latest export; a POST requests a new one."""
    assert isinstance(request.user, User)  # noqa: S101
    if request.method == "POST":
        lifecycle.request(request.user)
        return redirect("export")
    template = "website/dashboard/settings/_export.html" if request.htmx else "website/dashboard/settings/export.html"  # type: ignore[attr-defined]
    return render(request, template, {"export": lifecycle.latest(request.user)})


@require_safe
@login_required
async def download(request: HttpRequest, export_id: uuid.UUID) -> HttpResponseBase:
    """Stream a finished export from storage to its owner."""
    user = await request.auser()
    assert isinstance(user, User)  # noqa: S101
    export = await database.run_blocking(_find_ready, user, export_id)
    if export is None:
        raise Http404
    name = f"get-images-{export.asked_at:%Y-%m-%d}.zip"
    file = downloads.StoredFile(export.file_name, export.byte_size or 0, "application/zip", f'"{export.id}"', name)
    response = await downloads.file_response(request, file)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _find_ready(user: User, export_id: uuid.UUID) -> Export | None:
    return Export.objects.filter(pk=export_id, user=user, ready_at__isnull=False, expires_at__gt=timezone.now()).first()
