"""Collections: their list, and the page that renames or deletes one."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.authentication import Caller
from images.exceptions import CollectionNotFound
from images.library import collections
from images.library.schemas import CollectionArguments, CollectionResult
from images.models import Collection
from infrastructure.exceptions import InvalidArguments, ServiceError
from infrastructure.schemas import parse
from website.requests import MemberRequest

INVALID_NAME = f"Enter a name of 1 to {Collection.NAME_MAX_CHARACTERS} characters."


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def collection_list(request: MemberRequest) -> HttpResponse:
    """List the collections; a POST creates one."""
    caller, name, problem, status = Caller.in_dashboard(request.user), "", "", 200
    if request.method == "POST":
        name = request.POST.get("name", "")
        try:
            created = collections.create(caller, _parse_name(name))
        except ServiceError as error:
            problem, status = _message(error), error.status
        else:
            messages.success(request, f"“{created.name}” was created.")
            return redirect("collections")
    context: dict[str, Any] = {"collections": collections.list_all(caller).collections, "name": name}
    context |= {"problem": problem, "name_max": Collection.NAME_MAX_CHARACTERS}
    return render(request, "website/dashboard/collections/page.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def collection(request: MemberRequest, collection_id: uuid.UUID) -> HttpResponse:
    """Show the forms that rename and delete a collection; on POST, rename it."""
    caller, own = Caller.in_dashboard(request.user), _get_own(request, collection_id)
    name, problem, status = own.name, "", 200
    if request.method == "POST":
        name = request.POST.get("name", "")
        try:
            renamed = collections.rename(caller, own.id, _parse_name(name))
        except ServiceError as error:
            problem, status = _message(error), error.status
        else:
            messages.success(request, f"“{renamed.name}” was saved.")
            return redirect("collections")
    context = {"collection": own, "name": name, "problem": problem, "name_max": Collection.NAME_MAX_CHARACTERS}
    return render(request, "website/dashboard/collections/collection.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def delete_collection(request: MemberRequest, collection_id: uuid.UUID) -> HttpResponse:
    """Show what deleting a collection means; on POST, delete it."""
    own = _get_own(request, collection_id)
    if request.method != "POST":
        return render(request, "website/dashboard/collections/delete.html", {"collection": own})
    collections.delete(Caller.in_dashboard(request.user), own.id)
    messages.success(request, f"“{own.name}” was deleted. Its images are in your gallery.")
    return redirect("collections")


def _get_own(request: MemberRequest, collection_id: uuid.UUID) -> CollectionResult:
    try:
        return collections.get(Caller.in_dashboard(request.user), collection_id)
    except CollectionNotFound as error:
        raise Http404 from error


def _parse_name(text: str) -> str:
    return parse(CollectionArguments, {"name": text}).name


def _message(error: ServiceError) -> str:
    return INVALID_NAME if isinstance(error, InvalidArguments) else error.message
