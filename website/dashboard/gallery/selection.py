"""Actions on selected images of the gallery: favourites, collections, deletion, download and comparison."""

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.authentication import Caller
from accounts.models import User
from images.exceptions import CollectionNotFound
from images.exports import picture_zip
from images.exports.picture_zip import PictureZip
from images.library import collections, deletion, favourites
from images.library.schemas import CollectionArguments
from images.library.selection import Selection
from images.models import Collection
from infrastructure import database
from infrastructure.exceptions import InvalidArguments, ServiceError
from infrastructure.schemas import parse
from website.dashboard.gallery.filters import count_context
from website.dashboard.gallery.selection_form import SelectionForm
from website.requests import MemberRequest

NOTHING_SELECTED = "Select at least one image."

Action = Callable[[MemberRequest, SelectionForm, Selection], HttpResponse]
View = Callable[[MemberRequest], HttpResponse]


def _images(count: int) -> str:
    return f"{count:,} image{'' if count == 1 else 's'}"


def selection_view(action: Action) -> View:
    """Return a view that calls an action with the submitted selection, or reports why there is none."""

    @require_POST
    @never_cache
    @login_required
    @functools.wraps(action)
    def view(request: MemberRequest) -> HttpResponse:
        form = SelectionForm.from_post(request.POST)
        if form.is_empty:
            return _respond(request, form, NOTHING_SELECTED, is_error=True)
        try:
            return action(request, form, form.selection(Caller.in_dashboard(request.user)))
        except ServiceError as error:
            return _respond(request, form, _message(error), is_error=True)

    return view


@selection_view
def add_favourites(request: MemberRequest, form: SelectionForm, selection: Selection) -> HttpResponse:
    """Make the selected images favourites."""
    change = favourites.add_all(selection)
    text = f"{_images(change.count)} added to favourites." if change.count else "These images are already favourites."
    return _respond(request, form, text, undo_favourites=change.at if change.count else None)


@selection_view
def remove_favourites(request: MemberRequest, form: SelectionForm, selection: Selection) -> HttpResponse:
    """Take the selected images out of the favourites."""
    return _respond(request, form, f"{_images(favourites.remove_all(selection))} removed from favourites.")


@selection_view
def add_to_collection(request: MemberRequest, form: SelectionForm, selection: Selection) -> HttpResponse:
    """Add the selected images to a collection, which may be a new one."""
    collection = _chosen_collection(request)
    added = collections.add_all(collection, selection)
    text = f"{_images(added)} added to “{collection.name}”." if added else f"They are already in “{collection.name}”."
    return _respond(request, form, text, collections=collections.names(request.user.pk))


@selection_view
def remove_from_collection(request: MemberRequest, form: SelectionForm, selection: Selection) -> HttpResponse:
    """Take the selected images out of the collection that the gallery shows."""
    collection = _find_collection(request, form.filters.collection_id)
    removed = collections.remove_all(collection, selection)
    return _respond(request, form, f"{_images(removed)} removed from “{collection.name}”.")


@selection_view
def delete(request: MemberRequest, form: SelectionForm, selection: Selection) -> HttpResponse:
    """Ask for confirmation; once confirmed, delete the selected images and offer to undo that."""
    if "confirmed" not in request.POST:
        context = {"form": form, "count": selection.images().order_by().count()}
        return render(request, "website/dashboard/gallery/delete.html", context)
    deleted = deletion.delete(selection)
    text = f"{_images(deleted.count)} deleted."
    if deleted.unfinished:
        text += f" {_images(deleted.unfinished)} in progress kept."
    if request.htmx or not deleted.count:
        return _respond(request, form, text, undo_deletion=deleted.erase_at if deleted.count else None)
    messages.success(request, text)
    query = urlencode({"deleted": deleted.erase_at.isoformat()})
    return redirect(f"{form.gallery_url}&{query}")


@selection_view
def compare(request: MemberRequest, form: SelectionForm, selection: Selection) -> HttpResponse:
    """Open the comparison of two selected images."""
    ids = list(selection.images().exclude(picture_name="").values_list("pk", flat=True)[:3])
    if len(ids) != 2:
        return _respond(request, form, "Select two finished images to compare them.", is_error=True)
    return redirect(f"{reverse('compare-images')}?{urlencode([('image', image_id) for image_id in ids])}")


@require_POST
@login_required
async def download(request: HttpRequest) -> HttpResponseBase:
    """Stream a ZIP of the selected pictures. Its size is in the headers, so that browsers show the progress.

    A script first asks with htmx, for a toast that names the number and the size, and then submits the form.
    """
    user = await request.auser()
    assert isinstance(user, User)  # noqa: S101
    form = SelectionForm.from_post(request.POST)
    try:
        archive = await database.run_blocking(_plan, user, form)
    except ServiceError as error:
        return await database.run_blocking(_respond, request, form, _message(error), is_error=True)  # type: ignore[arg-type]
    if not archive.pictures:
        text = NOTHING_SELECTED if form.is_empty else "None of the selected images has a picture to download."
        return await database.run_blocking(_respond, request, form, text, is_error=True)  # type: ignore[arg-type]
    if request.headers.get("HX-Request"):
        return await database.run_blocking(_respond, request, form, _announcement(archive))  # type: ignore[arg-type]
    headers = {
        "Content-Length": str(archive.byte_size),
        "Content-Disposition": f'attachment; filename="images-{timezone.now():%Y-%m-%d}.zip"',
        "Cache-Control": "private, no-store",
    }
    return StreamingHttpResponse(archive.stream(), content_type="application/zip", headers=headers)


def _announcement(archive: PictureZip) -> str:
    pictures = f"{archive.pictures:,} picture{'' if archive.pictures == 1 else 's'}"
    return f"Downloading {pictures} ({filesizeformat(archive.byte_size)}). Your browser shows the progress."


def _plan(user: User, form: SelectionForm) -> PictureZip:
    return picture_zip.plan(form.selection(Caller.in_dashboard(user)))


def _chosen_collection(request: MemberRequest) -> Collection:
    """Return the collection of the button that was pressed, or a new one with the name in the form."""
    if chosen := request.POST.get("collection"):
        return _find_collection(request, chosen)
    caller = Caller.in_dashboard(request.user)
    name = parse(CollectionArguments, {"name": request.POST.get("new_collection", "")}).name
    return collections.find_or_create(caller, name)


def _find_collection(request: MemberRequest, collection_id: Any) -> Collection:
    try:
        return collections.find(Caller.in_dashboard(request.user), collection_id)
    except (CollectionNotFound, ValueError) as error:
        raise Http404 from error


def _message(error: ServiceError) -> str:
    if isinstance(error, InvalidArguments) and error.fields[0].field == "name":
        return "Enter a name of 1 to 80 characters for the new collection."
    return error.fields[0].message if isinstance(error, InvalidArguments) else error.message


def _respond(
    request: MemberRequest, form: SelectionForm, text: str, *, is_error: bool = False, **extra: Any
) -> HttpResponse:
    """Return a toast to a script, else the gallery with a message."""
    if request.htmx:
        context = {"text": text, "is_error": is_error, "seconds": deletion.UNDO_SECONDS, **extra}
        context |= {"query": form.query, **count_context(request.user, form.filters)}
        context["selected"] = {"collection": form.filters.collection_id}
        return render(request, "website/dashboard/gallery/_toast.html", context)
    (messages.error if is_error else messages.success)(request, text)
    return redirect(form.gallery_url)
