"""API keys: the list with the spending of each key, and the dialogs that create, change and revoke a key.

Each dialog has its own URL and is rendered on top of the list, so that it works without JavaScript.
"""

import functools
import uuid
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import api_keys
from accounts.exceptions import KeyAlreadyCreated, KeyNotFound
from accounts.models import ApiKey, User
from billing import usage
from images.models import CatalogueModel, Image
from infrastructure.exceptions import ServiceError
from website.dashboard.keys import snippets
from website.dashboard.keys.forms import KeyForm
from website.docs import clients
from website.requests import MemberRequest

# All live keys (at most 50), followed by the newest of those that were revoked or have expired.
KEYS_MAX: Final = 200


@require_safe
@never_cache
@login_required
def keys(request: MemberRequest) -> HttpResponse:
    """List the user's keys."""
    if request.htmx:
        return render(request, "website/dashboard/keys/_list.html", _list_context(request.user))
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
        panels=snippets.panels(secret),
        variable=clients.ENVIRONMENT_VARIABLE,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def change_key(request: MemberRequest, key_id: uuid.UUID) -> HttpResponse:
    """Change a key's name, cap, expiry and models."""
    key = _get_own_key(request, key_id)
    if request.method != "POST":
        return _page(request, "website/dashboard/keys/change.html", key=key, form=KeyForm(key=key))
    form = KeyForm(request.POST)
    try:
        form.submit(functools.partial(api_keys.update, key))
    except ServiceError as error:
        return _page(
            request,
            "website/dashboard/keys/change.html",
            status=error.status,
            key=key,
            form=form,
            form_error=error.message,
        )
    if form.errors:
        return _page(request, "website/dashboard/keys/change.html", status=422, key=key, form=form)
    messages.success(request, f"“{form.cleaned_data['name']}” was saved.")
    return redirect("keys")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def revoke_key(request: MemberRequest, key_id: uuid.UUID) -> HttpResponse:
    """Show the consequences of revoking a key; on POST, revoke it."""
    key = _get_own_key(request, key_id)
    if request.method != "POST":
        unfinished = Image.objects.filter(user_id=key.user_id, api_key=key).unfinished().count()
        spent = usage.key_usage([key])[0].spent
        return _page(request, "website/dashboard/keys/revoke.html", key=key, unfinished=unfinished, spent=spent)
    if api_keys.revoke(key):
        messages.success(request, f"“{key.name}” was revoked. It no longer works.")
    return redirect("keys")


def rows(user: User) -> list[usage.KeyUsage]:
    """Return the user's keys with their spending this month, live keys first."""
    return usage.key_usage(api_keys.list_for(user)[:KEYS_MAX])


def _list_context(user: User) -> dict[str, Any]:
    # The template reads the models, in the order of the catalogue, only if a key is restricted to some of them.
    return {"rows": rows(user), "models": CatalogueModel.objects.all()}


def _create(user: User, form: KeyForm, **limits: Any) -> tuple[ApiKey, str]:
    return api_keys.create(user, request_id=form.cleaned_data["request_id"], **limits)


def _page(
    request: MemberRequest, template: str = "website/dashboard/keys/page.html", *, status: int = 200, **context: Any
) -> HttpResponse:
    return render(request, template, {**_list_context(request.user), **context}, status=status)


def _get_own_key(request: MemberRequest, key_id: uuid.UUID) -> ApiKey:
    try:
        return api_keys.find(request.user, key_id)
    except KeyNotFound as error:
        raise Http404 from error
