"""Removal of old deliveries, of deleted endpoints, and of the endpoints of deleted accounts."""

from datetime import timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from accounts.models import User
from images.models import WebhookDelivery, WebhookEndpoint

KEPT_FOR: Final = timedelta(days=30)
BATCH: Final = 1000


def close_endpoints(user: User) -> None:
    """Delete the endpoints of an account that is being deleted, in its transaction.

    An endpoint with waiting deliveries, such as those about images that the deletion ended, stays until they have
    ended. Then the reconciler removes it.
    """
    endpoints = WebhookEndpoint.objects.owned_by(user.pk)
    endpoints.exclude(Exists(_waiting()), enabled=True).update(deleted_at=Now(), secret="", previous_secret="")
    endpoints.update(description="")


def remove_expired() -> int:
    """Remove one batch of each kind, and erase previous secrets that have expired; return the deliveries removed."""
    WebhookEndpoint.objects.filter(previous_secret_expires_at__lte=Now()).update(
        previous_secret="", previous_secret_expires_at=None
    )
    removed = _remove(Q(created_at__lt=Now() - KEPT_FOR))
    unused = WebhookEndpoint.objects.filter(
        Q(deleted_at__isnull=False) | Q(user=None, enabled=False) | (Q(user=None) & ~Exists(_waiting()))
    )
    unused_ids = list(unused.values_list("pk", flat=True)[:BATCH])
    if unused_ids:
        removed += _remove(Q(endpoint__in=unused_ids))
        # An endpoint with more deliveries than a batch stays for the next round.
        deliveries = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"))
        WebhookEndpoint.objects.filter(~Exists(deliveries), pk__in=unused_ids).delete()
    return removed


def _waiting() -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(endpoint=OuterRef("pk"), status=WebhookDelivery.Status.PENDING)


def _remove(condition: Q) -> int:
    ids = list(WebhookDelivery.objects.filter(condition).values_list("pk", flat=True)[:BATCH])
    return WebhookDelivery.objects.filter(pk__in=ids).delete()[0] if ids else 0
