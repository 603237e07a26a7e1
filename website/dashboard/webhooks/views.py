"""Webhooks: the list, the log of deliveries, and the dialogs that create, change and end one.

Each dialog has its own URL and is rendered on top of a page, so that it works without JavaScript.
"""

import uuid
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.authentication import Caller
from images.models import WebhookDelivery, WebhookEndpoint
from images.webhooks import endpoints
from images.webhooks.exceptions import WebhookAlreadyCreated, WebhookNotFound
from images.webhooks.schemas import WebhookArguments, WebhookChangeArguments
from infrastructure.exceptions import ServiceError
from infrastructure.schemas import parse
from website.dashboard.webhooks import rows
from website.dashboard.webhooks.forms import DeliveryFilterForm, WebhookForm
from website.requests import MemberRequest

FOLDER: Final = "website/dashboard/webhooks"


@require_safe
@never_cache
@login_required
def webhooks(request: MemberRequest) -> HttpResponse:
    """List the user's webhooks."""
    return _list_page(request, "_list" if request.htmx else "page")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def create_webhook(request: MemberRequest) -> HttpResponse:
    """Show the form for a new webhook; on POST, create it and show its secret once.

    The secret is in the response to the POST itself, because a redirect would have to store it.
    """
    if request.method != "POST":
        return _list_page(request, "create", form=WebhookForm(initial={"request_id": uuid.uuid4()}))
    caller, form = Caller.in_dashboard(request.user), WebhookForm(request.POST)
    try:
        created = form.submit(
            lambda arguments: endpoints.create(
                caller, parse(WebhookArguments, arguments), endpoint_id=form.cleaned_data["request_id"]
            )
        )
    except WebhookAlreadyCreated as error:
        messages.warning(request, error.message)
        return redirect("webhooks")
    except ServiceError as error:
        return _list_page(request, "create", status=error.status, form=form, form_error=error.message)
    if created is None:
        return _list_page(request, "create", status=422, form=form)
    return _list_page(request, "secret", endpoint=created.endpoint, secret=created.secret)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def change_webhook(request: MemberRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """Change the URL, description and events of a webhook."""
    endpoint = _get_own(request, webhook_id)
    if request.method != "POST":
        return _list_page(request, "change", endpoint=endpoint, form=WebhookForm(endpoint=endpoint))
    caller, form = Caller.in_dashboard(request.user), WebhookForm(request.POST, endpoint=endpoint)
    try:
        form.submit(lambda arguments: endpoints.change(caller, endpoint.pk, parse(WebhookChangeArguments, arguments)))
    except ServiceError as error:
        return _list_page(
            request, "change", status=error.status, endpoint=endpoint, form=form, form_error=error.message
        )
    if form.errors:
        return _list_page(request, "change", status=422, endpoint=endpoint, form=form)
    messages.success(request, "The webhook was saved.")
    return redirect("webhooks")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def disable_webhook(request: MemberRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """Show the consequences of disabling a webhook; on POST, disable it."""
    endpoint = _get_own(request, webhook_id)
    if request.method != "POST":
        return _list_page(request, "disable", endpoint=endpoint, waiting=_waiting(endpoint))
    return _enable(request, endpoint, enabled=False)


@require_POST
@login_required
def enable_webhook(request: MemberRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """Enable a webhook."""
    return _enable(request, _get_own(request, webhook_id), enabled=True)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def delete_webhook(request: MemberRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """Show the consequences of deleting a webhook; on POST, delete it."""
    endpoint = _get_own(request, webhook_id)
    if request.method != "POST":
        return _list_page(request, "delete", endpoint=endpoint, waiting=_waiting(endpoint))
    endpoints.delete(Caller.in_dashboard(request.user), endpoint.pk)
    messages.success(request, f"The webhook at {endpoint.host} was deleted.")
    return redirect("webhooks")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def rotate_secret(request: MemberRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """Show the consequences of a new secret; on POST, create it and show it once."""
    endpoint = _get_own(request, webhook_id)
    if request.method != "POST":
        return _log_page(request, endpoint, "rotate")
    try:
        secret = endpoints.rotate(Caller.in_dashboard(request.user), endpoint.pk).secret
    except ServiceError as error:
        messages.error(request, error.message)
        return redirect("webhook", endpoint.pk)
    return _log_page(request, endpoint, "rotated_secret", secret=secret)


@require_safe
@never_cache
@login_required
def webhook(request: MemberRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """Show the log of a webhook's deliveries."""
    return _log_page(request, _get_own(request, webhook_id), "_log" if request.htmx else "log")


def _enable(request: MemberRequest, endpoint: WebhookEndpoint, *, enabled: bool) -> HttpResponse:
    try:
        endpoints.change(
            Caller.in_dashboard(request.user), endpoint.pk, parse(WebhookChangeArguments, {"enabled": enabled})
        )
    except ServiceError as error:
        messages.error(request, error.message)
    else:
        what = "Events are sent again" if enabled else "It no longer receives events"
        messages.success(request, f"The webhook at {endpoint.host} was {'enabled' if enabled else 'disabled'}. {what}.")
    return redirect("webhooks")


def _waiting(endpoint: WebhookEndpoint) -> int:
    return WebhookDelivery.objects.filter(endpoint=endpoint, status=WebhookDelivery.Status.PENDING).count()


def _get_own(request: MemberRequest, webhook_id: uuid.UUID) -> WebhookEndpoint:
    try:
        return endpoints.find(Caller.in_dashboard(request.user), webhook_id)
    except WebhookNotFound as error:
        raise Http404 from error


def _list_page(request: MemberRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    context = {**rows.list_context(request.user.pk), **context}
    return render(request, f"{FOLDER}/{template}.html", context, status=status)


def _log_page(request: MemberRequest, endpoint: WebhookEndpoint, template: str, **context: Any) -> HttpResponse:
    query = request.GET.copy()
    query.pop("open", None)
    context = {
        **rows.log_context(endpoint, DeliveryFilterForm(request.GET)),
        "query": request.GET.urlencode(),
        "query_without_open": query.urlencode(),
        **context,
    }
    return render(request, f"{FOLDER}/{template}.html", context)
