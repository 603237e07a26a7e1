"""Views that send a webhook's event at once: a test, or a delivery again."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.authentication import Caller
from images.webhooks import deliveries, endpoints
from images.webhooks.exceptions import DeliveryNotFound, WebhookNotFound
from infrastructure.exceptions import ServiceError
from website.requests import MemberRequest


@require_POST
@login_required
def send_test(request: MemberRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """Send a test event, and show the log."""
    try:
        endpoints.send_test(Caller.in_dashboard(request.user), webhook_id)
    except WebhookNotFound as error:
        raise Http404 from error
    except ServiceError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "A test event is being sent. Its result appears below.")
    return redirect("webhook", webhook_id)


@require_POST
@login_required
def resend(request: MemberRequest, webhook_id: uuid.UUID, delivery_id: uuid.UUID) -> HttpResponse:
    """Send a delivery now, and show it in the log with the filters of the form."""
    try:
        endpoint = endpoints.find(Caller.in_dashboard(request.user), webhook_id)
        deliveries.resend(endpoint, delivery_id)
    except (WebhookNotFound, DeliveryNotFound) as error:
        raise Http404 from error
    except ServiceError as error:
        messages.error(request, error.message)
    query = request.GET.urlencode()
    return redirect(f"{reverse('webhook', args=[webhook_id])}{'?' if query else ''}{query}#delivery-{delivery_id}")
