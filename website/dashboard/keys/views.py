"""API keys and connected apps: their lists, and the dialogs that create a key and that change or end either.

Each dialog has its own URL and is rendered on top of the list, so that it works without JavaScript.
"""

import functools
import uuid
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import api_keys
from accounts.exceptions import KeyAlreadyCreated, KeyNotFound
from accounts.models import ApiKey, User
from billing import usage
from images.models import Image
from infrastructure.exceptions import ServiceError
from website.dashboard.keys import listing, snippets
from website.dashboard.keys.forms import ConnectionForm, KeyForm
from website.docs import clients
from website.requests import MemberRequest

CHANGE: Final = "website/dashboard/keys/change.html"


@require_safe
@never_cache
@login_required
def keys(request: MemberRequest) -> HttpResponse:
    """List the user's keys and connected apps."""
    if request.htmx:
        return render(request, "website/dashboard/keys/_list.html", listing.context(request.user))
    return _page(request)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def create_key(request: MemberRequest) -> HttpResponse:
    """Show the form for a new key; on POST, create the key and show its secret once.

    The secret is in the response to the POST itself, because a redirect would have to store it. Reloading that page
    sends the same request_id again, for which no second key is created.
    """
    if request.method != "POST":
        return _page(request, "website/dashboard/keys/create.html", form=KeyForm(initial={"request_id": uuid.uuid4()}))
    form = KeyForm(request.POST)
    try:
        created = form.submit(functools.partial(_create, request.user, form))
    except KeyAlreadyCreated as error:
        messages.warning(request, error.message)
        return redirect("keys")
    except ServiceError as error:
        return _page(
            request, "website/dashboard/keys/create.html", status=error.status, form=form, form_error=error.message
        )
    if created is None:
        return _page(request, "website/dashboard/keys/create.html", status=422, form=form)
    key, secret = created
    return _page(
        request,
        "website/dashboard/keys/secret.html",
        key=key,
        secret=secret,
        exit=f"{reverse('keys')}#change-{key.id}",
        panels=snippets.panels(secret),
        variable=clients.ENVIRONMENT_VARIABLE,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def change_key(request: MemberRequest, key_id: uuid.UUID) -> HttpResponse:
    """Change the name, cap and models of a key or a connected app, and the expiry of a key."""
    key = _get_own_key(request, key_id)
    form = _form(key, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _page(request, CHANGE, key=key, form=form)
    save = functools.partial(api_keys.update, key)
    if key.is_connection:
        # Its form has no expiry date.
        save = functools.partial(save, expires_at=None)
    try:
        form.submit(save)
    except ServiceError as error:
        return _page(request, CHANGE, status=error.status, key=key, form=form, form_error=error.message)
    if form.errors:
        return _page(request, CHANGE, status=422, key=key, form=form)
    messages.success(request, f"“{form.cleaned_data['name']}” was saved.")
    return redirect("keys")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def revoke_key(request: MemberRequest, key_id: uuid.UUID) -> HttpResponse:
    """Show the consequences of revoking a key or disconnecting an app; on POST, do it."""
    key = _get_own_key(request, key_id)
    if request.method != "POST":
        unfinished = Image.objects.filter(user_id=key.user_id, api_key=key).unfinished().count()
        spent = usage.key_usage([key])[0].spent
        return _page(request, "website/dashboard/keys/revoke.html", key=key, unfinished=unfinished, spent=spent)
    if api_keys.revoke(key):
        what = "disconnected" if key.is_connection else "revoked"
        messages.success(request, f"“{key.name}” was {what}. It no longer works.")
    return redirect("keys")


def _create(user: User, form: KeyForm, **limits: Any) -> tuple[ApiKey, str]:
    return api_keys.create(user, request_id=form.cleaned_data["request_id"], **limits)


def _page(
    request: MemberRequest, template: str = "website/dashboard/keys/page.html", *, status: int = 200, **context: Any
) -> HttpResponse:
    return render(request, template, {**listing.context(request.user), **context}, status=status)


def _form(key: ApiKey, data: QueryDict | None) -> ConnectionForm:
    return ConnectionForm(data, key=key) if key.is_connection else KeyForm(data, key=key)


def _get_own_key(request: MemberRequest, key_id: uuid.UUID) -> ApiKey:
    try:
        return api_keys.find(request.user, key_id)
    except KeyNotFound as error:
        raise Http404 from error
