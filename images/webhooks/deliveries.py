"""The life of a delivery: claim, result, retry and resend.

A try holds a lease on its delivery, as an attempt does on its image. If its worker is killed, the delivery is sent
again after the lease. Each transaction locks the endpoint before the delivery.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import connection, transaction
from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest, Now
from django.utils import timezone

from images.models import WebhookDelivery, WebhookEndpoint
from images.webhooks import schedule
from images.webhooks.exceptions import DeliveryNotFound, WebhookDisabled
from images.webhooks.tries import TIMEOUT_SECONDS, Try, TryRequest, TryResult
from images.worker import job_queue, leases

# Tries of one endpoint that run at the same time, in all workers together.
AT_ONCE: Final = 20
# A try and the commit of its result take less, so its lease is never renewed.
LEASES: Final = leases.Leases(
    table="images_webhookdelivery", duration=timedelta(seconds=TIMEOUT_SECONDS) + leases.LEASE
)
TRIES_KEPT: Final = 20
DUE_BATCH: Final = 1000

# Ownerless endpoints still receive the events of their account's deletion.
_ACTIVE: Final = Q(enabled=True, deleted_at=None)
_PENDING: Final = Q(status=WebhookDelivery.Status.PENDING)

NOTIFY: Final = "SELECT pg_notify('webhook_changed', user_id::text) FROM images_webhookendpoint WHERE id = %s"


class Backlog(NamedTuple):
    """The number of deliveries that are due, and since when the oldest of them is; None if there is none."""

    due: int
    oldest_due_at: datetime | None


def due_endpoints() -> list[uuid.UUID]:
    """Return the endpoints with a delivery to send now, at most DUE_BATCH."""
    due = WebhookDelivery.objects.filter(_PENDING, leases.UNLEASED, next_attempt_at__lte=Now())
    active = due.filter(endpoint__in=WebhookEndpoint.objects.filter(_ACTIVE))
    return list(active.order_by().values_list("endpoint_id", flat=True).distinct()[:DUE_BATCH])


def backlog() -> Backlog:
    """Return how many deliveries are due, and since when."""
    due = WebhookDelivery.objects.filter(
        _PENDING, next_attempt_at__lte=Now(), endpoint__in=WebhookEndpoint.objects.filter(_ACTIVE)
    )
    return Backlog(**due.aggregate(due=Count("pk"), oldest_due_at=Min("next_attempt_at")))


def next_due_at(endpoint_id: uuid.UUID) -> datetime | None:
    """Return when a delivery of the endpoint is due or its lease expires; None if none waits."""
    waiting = WebhookDelivery.objects.filter(
        _PENDING, endpoint_id=endpoint_id, endpoint__in=WebhookEndpoint.objects.filter(_ACTIVE)
    )
    # GREATEST ignores null.
    due: datetime | None = waiting.aggregate(due=Min(Greatest("next_attempt_at", "lease_expires_at")))["due"]
    return due


def claim_next(endpoint_id: uuid.UUID) -> TryRequest | None:
    """Claim the endpoint's delivery that has been due longest.

    Returns:
        None if no delivery is due, AT_ONCE tries are running, or the endpoint is disabled.
    """
    with transaction.atomic():
        # The lock makes the count of running tries exact.
        endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).filter(_ACTIVE, pk=endpoint_id).first()
        if endpoint is None:
            return None
        pending = WebhookDelivery.objects.filter(_PENDING, endpoint=endpoint)
        if pending.filter(lease_expires_at__gt=Now()).count() >= AT_ONCE:
            return None
        due = pending.filter(leases.UNLEASED, next_attempt_at__lte=Now()).order_by("next_attempt_at")
        delivery = due.first()
        if delivery is None:
            return None
        claimed = LEASES.claim(delivery.pk, where="status = 'pending'", returning="attempt")
        if claimed is None:
            return None
    return TryRequest(
        delivery.pk,
        number=claimed[0],
        url=endpoint.url,
        event_type=delivery.event_type,
        created_at=delivery.created_at,
        data=delivery.data,
        secrets=_signing_secrets(endpoint),
    )


def _signing_secrets(endpoint: WebhookEndpoint) -> tuple[str, ...]:
    expires_at = endpoint.previous_secret_expires_at
    if expires_at is None or expires_at <= timezone.now():
        return (endpoint.secret,)
    return (endpoint.secret, endpoint.previous_secret)


def record(request: TryRequest, result: TryResult) -> None:
    """Store the result of a try: the delivery is final, or has a time for its next try.

    It changes nothing in the delivery if a later try has begun. The endpoint is disabled if the result requires it.
    """
    with transaction.atomic():
        endpoint_id = (
            WebhookDelivery.objects.filter(pk=request.delivery_id).values_list("endpoint_id", flat=True).first()
        )
        if endpoint_id is None:
            return
        _record_on_endpoint(endpoint_id, result)
        held = leases.held_by(WebhookDelivery.objects.filter(_PENDING), request.delivery_id, request.number)
        delivery = held.first()
        if delivery is not None:
            held.update(**_outcome(delivery, result), **_last_try(delivery, request, result))
        with connection.cursor() as cursor:
            cursor.execute(NOTIFY, [endpoint_id])


def _record_on_endpoint(endpoint_id: uuid.UUID, result: TryResult) -> None:
    endpoints = WebhookEndpoint.objects.filter(pk=endpoint_id)
    if result.succeeded:
        endpoints.filter(failing_since__isnull=False).update(failing_since=None)
        return
    endpoints.update(failing_since=Coalesce("failing_since", Now()))
    endpoint = endpoints.get()
    failing_since = endpoint.failing_since or timezone.now()
    if schedule.ends_endpoint(result.status, failing_since=failing_since, now=timezone.now()):
        is_gone = result.status == schedule.GONE
        reasons = WebhookEndpoint.DisabledReason
        disabled = endpoints.filter(_ACTIVE).update(
            enabled=False, disabled_at=Now(), disabled_reason=reasons.GONE if is_gone else reasons.FAILING
        )
        if disabled and endpoint.user_id is not None:
            job_queue.enqueue_disabled_email(endpoint_id)


def _outcome(delivery: WebhookDelivery, result: TryResult) -> dict[str, Any]:
    statuses = WebhookDelivery.Status
    if result.succeeded:
        return {"status": statuses.SUCCEEDED, "next_attempt_at": None, "finished_at": Now()}
    failures = delivery.failures + 1
    pause = schedule.pause(failures, status=result.status, retry_after_seconds=result.retry_after_seconds)
    if pause is None:
        return {"status": statuses.FAILED, "failures": failures, "next_attempt_at": None, "finished_at": Now()}
    return {"failures": failures, "next_attempt_at": Now() + pause}


def _last_try(delivery: WebhookDelivery, request: TryRequest, result: TryResult) -> dict[str, Any]:
    now = timezone.now()
    entry = Try(
        number=request.number,
        at=(now - timedelta(seconds=result.seconds)).isoformat(),
        seconds=round(result.seconds, 3),
        status=result.status,
        error=result.error,
        retryAfterSeconds=result.retry_after_seconds,
    )
    return {
        "lease_expires_at": None,
        "tried_at": now,
        "response_status": result.status,
        "response_excerpt": result.excerpt,
        "tries": [*delivery.tries, entry][-TRIES_KEPT:],
    }


def of_endpoint(endpoint: WebhookEndpoint) -> QuerySet[WebhookDelivery]:
    """Return the endpoint's deliveries, newest first."""
    return WebhookDelivery.objects.filter(endpoint=endpoint).newest_first()


def find(endpoint: WebhookEndpoint, delivery_id: str | uuid.UUID) -> WebhookDelivery:
    """Return one of the endpoint's deliveries.

    Raises:
        DeliveryNotFound: The endpoint has no delivery with this id.
    """
    delivery = WebhookDelivery.objects.filter(endpoint=endpoint, pk=delivery_id).first()
    if delivery is None:
        raise DeliveryNotFound
    return delivery


def resend(endpoint: WebhookEndpoint, delivery_id: str | uuid.UUID) -> WebhookDelivery:
    """Send a delivery now, with the same webhook-id: a final one again, with all retries, and a pending one earlier.

    Raises:
        DeliveryNotFound: The endpoint has no delivery with this id.
        WebhookDisabled: The endpoint is disabled.
    """
    if not endpoint.enabled:
        raise WebhookDisabled
    delivery = find(endpoint, delivery_id)
    with transaction.atomic():
        rows = WebhookDelivery.objects.filter(pk=delivery.pk)
        if not rows.filter(_PENDING).update(next_attempt_at=Now()):
            rows.exclude(_PENDING).update(
                status=WebhookDelivery.Status.PENDING, next_attempt_at=Now(), finished_at=None, failures=0
            )
        job_queue.enqueue_deliveries(endpoint.pk)
    delivery.refresh_from_db()
    return delivery
