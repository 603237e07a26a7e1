"""Email to the owner of an endpoint that was disabled because its deliveries failed."""

import logging
import uuid

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from images.models import WebhookEndpoint
from images.worker import job_queue
from infrastructure import jobs

logger = logging.getLogger(__name__)


def send(endpoint_id: uuid.UUID) -> None:
    """Send the email, unless the endpoint was enabled or deleted in the meantime.

    Raises:
        OSError: The mail server could not be reached; the job is retried.
    """
    endpoints = WebhookEndpoint.objects.select_related("user").filter(pk=endpoint_id, enabled=False, deleted_at=None)
    endpoint = endpoints.first()
    if endpoint is None or endpoint.user is None:
        return
    page_url = settings.SITE_URL + reverse("webhook", args=[endpoint.pk])
    is_gone = endpoint.disabled_reason == WebhookEndpoint.DisabledReason.GONE
    context = {"endpoint": endpoint, "is_gone": is_gone, "page_url": page_url, "site_url": settings.SITE_URL}
    text = render_to_string("images/emails/webhook_disabled.txt", context)
    # The host is the owner's own text, so it is not in the subject.
    send_mail("A webhook was disabled", text, None, [endpoint.user.email])
    logger.info("webhook %s: email about disabling sent", endpoint_id)


def enqueue_stalled() -> None:
    """Enqueue the emails of workers that were killed before they sent them."""
    for arguments in jobs.delete_stalled(job_queue.SEND_DISABLED_EMAIL):
        job_queue.enqueue_disabled_email(uuid.UUID(arguments["endpoint_id"]))
