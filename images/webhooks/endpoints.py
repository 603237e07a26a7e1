"""Endpoints: create, change, rotate the secret, test and delete."""

import contextlib
import uuid
from datetime import timedelta
from typing import Final, NamedTuple

from asgiref.sync import async_to_sync
from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Now

from accounts.authentication import Caller
from billing import ledger
from images.models import WebhookDelivery, WebhookEndpoint
from images.webhooks import events, secrets
from images.webhooks.exceptions import TooManyWebhooks, WebhookAlreadyCreated, WebhookDisabled, WebhookNotFound
from images.webhooks.schemas import WebhookArguments, WebhookChangeArguments
from images.webhooks.secrets import UnreadableSecret
from images.worker import job_queue
from infrastructure import outbound
from infrastructure.exceptions import FieldError, InvalidArguments, OutboundError

ENDPOINTS_MAX: Final = 10
# How long deliveries are also signed with the previous secret.
ROTATION: Final = timedelta(hours=24)


class EndpointSecret(NamedTuple):
    """An endpoint and its new secret, which is shown only once."""

    endpoint: WebhookEndpoint
    secret: str


class EndpointStatus(NamedTuple):
    """An endpoint, and the delivery that was tried last."""

    endpoint: WebhookEndpoint
    last_delivery: WebhookDelivery | None


def create(caller: Caller, arguments: WebhookArguments, *, endpoint_id: uuid.UUID | None = None) -> EndpointSecret:
    """Create an enabled endpoint.

    Args:
        caller: The owner.
        arguments: The URL, description and events.
        endpoint_id: The id of the new endpoint; a form that is sent twice has the same one. Random by default.

    Raises:
        ServiceError: AccountSuspended, TooManyWebhooks, WebhookAlreadyCreated, or InvalidArguments if the URL is not
            public.
    """
    caller.require_active()
    if endpoint_id and WebhookEndpoint.objects.filter(pk=endpoint_id).exists():
        raise WebhookAlreadyCreated
    _check_count(caller.user_id)
    _check_url(arguments.url)
    secret = secrets.create()
    with transaction.atomic():
        # The lock keeps the count true while another request of this user creates an endpoint.
        ledger.lock(caller.user_id)
        _check_count(caller.user_id)
        endpoint, is_new = WebhookEndpoint.objects.get_or_create(
            pk=endpoint_id or uuid.uuid4(),
            defaults={
                "user_id": caller.user_id,
                "url": arguments.url,
                "description": arguments.description,
                "event_types": arguments.event_types,
                "secret": secrets.encrypt(secret),
            },
        )
        if not is_new:
            raise WebhookAlreadyCreated
    return EndpointSecret(endpoint, secret)


def list_for(user_id: uuid.UUID) -> list[EndpointStatus]:
    """Return the user's endpoints, oldest first."""
    endpoints = WebhookEndpoint.objects.owned_by(user_id).order_by("created_at", "id")
    last_ids = endpoints.values_list(Subquery(_tried(OuterRef("pk")).values("pk")[:1]), flat=True)
    deliveries = WebhookDelivery.objects.filter(pk__in=[pk for pk in last_ids if pk])
    by_endpoint = {delivery.endpoint_id: delivery for delivery in deliveries}
    return [EndpointStatus(endpoint, by_endpoint.get(endpoint.pk)) for endpoint in endpoints]


def last_delivery(endpoint: WebhookEndpoint) -> WebhookDelivery | None:
    """Return the delivery of the endpoint's last try, or None."""
    return _tried(endpoint.pk).first()


def find(caller: Caller, endpoint_id: str | uuid.UUID) -> WebhookEndpoint:
    """Return one of the caller's endpoints.

    Raises:
        WebhookNotFound: The caller has no endpoint with this id.
    """
    endpoint = WebhookEndpoint.objects.owned_by(caller.user_id).filter(pk=endpoint_id).first()
    if endpoint is None:
        raise WebhookNotFound
    return endpoint


def change(caller: Caller, endpoint_id: str | uuid.UUID, arguments: WebhookChangeArguments) -> WebhookEndpoint:
    """Change the fields that are not null. An endpoint that is enabled again gets its waiting deliveries at once.

    Raises:
        ServiceError: AccountSuspended, WebhookNotFound, or InvalidArguments if the new URL is not public.
    """
    caller.require_active()
    endpoint = find(caller, endpoint_id)
    if arguments.url is not None and arguments.url != endpoint.url:
        _check_url(arguments.url)
    fields = {"url": arguments.url, "description": arguments.description, "event_types": arguments.event_types}
    changes = {name: value for name, value in fields.items() if value is not None}
    with transaction.atomic():
        rows = WebhookEndpoint.objects.owned_by(caller.user_id).filter(pk=endpoint.pk)
        if changes:
            rows.update(**changes)
        if arguments.enabled is not None:
            _set_enabled(rows, endpoint.pk, enabled=arguments.enabled)
    return find(caller, endpoint_id)


def _set_enabled(rows: QuerySet[WebhookEndpoint], endpoint_id: uuid.UUID, *, enabled: bool) -> None:
    if not enabled:
        reason = WebhookEndpoint.DisabledReason.BY_OWNER
        rows.filter(enabled=True).update(enabled=False, disabled_at=Now(), disabled_reason=reason)
    elif rows.filter(enabled=False).update(enabled=True, disabled_at=None, disabled_reason="", failing_since=None):
        waiting = WebhookDelivery.objects.filter(endpoint_id=endpoint_id, status=WebhookDelivery.Status.PENDING)
        waiting.update(next_attempt_at=Now())
        job_queue.enqueue_deliveries(endpoint_id)


def rotate(caller: Caller, endpoint_id: str | uuid.UUID) -> EndpointSecret:
    """Replace the secret. For ROTATION, deliveries have a signature of the previous secret too.

    Raises:
        ServiceError: AccountSuspended or WebhookNotFound.
    """
    caller.require_active()
    endpoint = find(caller, endpoint_id)
    secret = secrets.create()
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        previous_secret=F("secret"), previous_secret_expires_at=Now() + ROTATION, secret=secrets.encrypt(secret)
    )
    return EndpointSecret(find(caller, endpoint_id), secret)


def send_test(caller: Caller, endpoint_id: str | uuid.UUID) -> WebhookDelivery:
    """Send a test event.

    Raises:
        ServiceError: AccountSuspended, WebhookNotFound or WebhookDisabled.
    """
    caller.require_active()
    endpoint = find(caller, endpoint_id)
    if not endpoint.enabled:
        raise WebhookDisabled
    return events.record_test(endpoint)


def delete(caller: Caller, endpoint_id: str | uuid.UUID) -> None:
    """Delete an endpoint and its secrets. The reconciler removes the deliveries, which can be many.

    Raises:
        WebhookNotFound: The caller has no endpoint with this id.
    """
    endpoint = find(caller, endpoint_id)
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(deleted_at=Now(), secret="", previous_secret="")


def _tried(endpoint_id: uuid.UUID | OuterRef) -> QuerySet[WebhookDelivery]:
    """Return the deliveries of an endpoint of which a try has ended, the last one first."""
    return WebhookDelivery.objects.filter(endpoint=endpoint_id, tried_at__isnull=False).order_by("-tried_at")


def reencrypt_secrets() -> int:
    """Encrypt all secrets with the current SECRET_KEY, so that an old one can be removed; return how many changed."""
    changed = 0
    fields = ("secret", "previous_secret")
    for pk, *secrets_of_row in WebhookEndpoint.objects.values_list("pk", *fields).iterator():
        for field, old in zip(fields, secrets_of_row, strict=True):
            with contextlib.suppress(UnreadableSecret):
                new = secrets.reencrypt(old) if old else old
                # Not if the secret was rotated in the meantime.
                changed += new != old and WebhookEndpoint.objects.filter(pk=pk, **{field: old}).update(**{field: new})
    return changed


def _check_count(user_id: uuid.UUID) -> None:
    if WebhookEndpoint.objects.owned_by(user_id).count() >= ENDPOINTS_MAX:
        raise TooManyWebhooks(ENDPOINTS_MAX)


def _check_url(url: str) -> None:
    """Refuse a URL that is not public. Outside of a transaction: it waits for name servers.

    Raises:
        InvalidArguments: The URL is refused, or its name is not found.
    """
    try:
        async_to_sync(outbound.check)(url)
    except OutboundError as error:
        raise InvalidArguments([FieldError("url", str(error))]) from None
