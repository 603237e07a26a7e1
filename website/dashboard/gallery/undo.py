"""Undo of what was done to selected images."""

from datetime import datetime
from typing import NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.authentication import Caller
from images.library import deletion, favourites
from website.dashboard.gallery.filters import GalleryForm, count_context, query_string
from website.dashboard.gallery.selection_form import parse_time
from website.requests import MemberRequest

TOO_LATE = "It is too late to undo this. The images have been erased."


class UndoableDeletion(NamedTuple):
    """A deletion that can still be undone, and the number of its images."""

    erase_at: datetime
    images: int


def deletion_of(request: MemberRequest) -> UndoableDeletion | None:
    """Return the deletion that the query names, if it can still be undone."""
    erase_at = parse_time(request.GET.get("deleted", ""))
    count = deletion.restorable(Caller.in_dashboard(request.user), erase_at) if erase_at else 0
    return UndoableDeletion(erase_at, count) if erase_at and count else None


@require_POST
@never_cache
@login_required
def undo_deletion(request: MemberRequest) -> HttpResponse:
    """Restore the images of one deletion."""
    count = deletion.undo(Caller.in_dashboard(request.user), _time(request, "erase_at"))
    text = f"{count:,} image{'' if count == 1 else 's'} restored." if count else TOO_LATE
    return _respond(request, text, is_error=not count)


@require_POST
@never_cache
@login_required
def undo_favourites(request: MemberRequest) -> HttpResponse:
    """Take the images of one change out of the favourites again."""
    count = favourites.undo(Caller.in_dashboard(request.user), _time(request, "at"))
    return _respond(request, f"{count:,} image{'' if count == 1 else 's'} removed from favourites.")


def _time(request: MemberRequest, name: str) -> datetime:
    moment = parse_time(request.POST.get(name, ""))
    if moment is None:
        raise Http404
    return moment


def _respond(request: MemberRequest, text: str, *, is_error: bool = False) -> HttpResponse:
    if request.htmx:
        filters = GalleryForm(QueryDict(request.POST.get("filters", ""))).filters()
        context = {"query": query_string(filters), **count_context(request.user, filters)}
        return render(request, "website/dashboard/gallery/_toast.html", {"text": text, "is_error": is_error, **context})
    (messages.error if is_error else messages.success)(request, text)
    return redirect("gallery")
