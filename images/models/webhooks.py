"""Webhook endpoints of users, and the deliveries of events to them."""

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts.models import User

URL_MAX_CHARACTERS = 2048
DESCRIPTION_MAX_CHARACTERS = 200


class WebhookEvent(models.TextChoices):
    """The types of events."""

    IMAGE_SUCCEEDED = "image.succeeded"
    IMAGE_FAILED = "image.failed"
    IMAGE_REJECTED = "image.rejected"
    IMAGE_CANCELLED = "image.cancelled"
    BALANCE_LOW = "balance.low"
    # Sent on request only, to any endpoint.
    TEST = "webhook.test"


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    """Queries of endpoints."""

    def owned_by(self, user_id: uuid.UUID) -> "WebhookEndpointQuerySet":
        """Filter to the endpoints of this user that are not deleted."""
        return self.filter(user_id=user_id, deleted_at=None)


class WebhookEndpoint(models.Model):
    """A URL of a user's server that receives events."""

    class DisabledReason(models.TextChoices):
        """Why an endpoint is disabled; empty while it is enabled."""

        BY_OWNER = "owner"
        GONE = "gone"
        FAILING = "failing"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Null once the account is deleted: the events about its last images are still delivered.
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="webhooks", db_index=False)
    url = models.CharField("URL", max_length=URL_MAX_CHARACTERS)
    description = models.CharField(max_length=DESCRIPTION_MAX_CHARACTERS, blank=True)
    event_types = ArrayField(models.CharField(max_length=20, choices=WebhookEvent))
    # Both are encrypted, see images/webhooks/secrets.py. The previous secret also signs until it expires.
    secret = models.TextField()
    previous_secret = models.TextField(blank=True)
    previous_secret_expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    enabled = models.BooleanField(default=True)
    disabled_at = models.DateTimeField(null=True)
    disabled_reason = models.CharField(max_length=10, choices=DisabledReason, blank=True)
    # The first failure since the last success; null if the last try succeeded.
    failing_since = models.DateTimeField(null=True)
    # The reconciler removes a deleted endpoint with its deliveries.
    deleted_at = models.DateTimeField(null=True)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["user", "created_at", "id"], condition=models.Q(deleted_at=None), name="images_webhooks_of_user"
            ),
            models.Index(
                fields=["id"],
                condition=models.Q(deleted_at__isnull=False) | models.Q(user=None),
                name="images_webhooks_to_remove",
            ),
        ]
        constraints = [
            # A disabled endpoint has a reason and a time.
            models.CheckConstraint(
                condition=models.Q(enabled=True, disabled_at=None, disabled_reason="")
                | (models.Q(enabled=False, disabled_at__isnull=False) & ~models.Q(disabled_reason="")),
                name="images_webhook_disabled_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def short_url(self) -> str:
        """The URL without its scheme."""
        return self.url.partition("://")[2].rstrip("/")

    @property
    def host(self) -> str:
        """The host of the URL, with its port."""
        return self.short_url.partition("/")[0].partition("?")[0]


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    """Queries and bulk updates of deliveries."""

    def newest_first(self) -> "WebhookDeliveryQuerySet":
        return self.order_by("-created_at", "-id")

    def erase_image_texts(self) -> None:
        """Erase the texts about an image that can repeat its prompt: the style, and the message of its error."""
        data: Any = models.F("data")
        for path, erased in (("{style}", "null"), ("{error,message}", '""')):
            # False: the message of a null error is not created.
            arguments = (data, models.Value(path), models.Value(erased), models.Value(False))
            data = models.Func(*arguments, template="jsonb_set(%(expressions)s)")
        self.update(data=data)


class WebhookDelivery(models.Model):
    """One event for one endpoint, with its tries. Its id is the webhook-id that the receiver gets."""

    class Status(models.TextChoices):
        """The status of a delivery. A resend makes a final one pending again."""

        PENDING = "pending"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    event_type = models.CharField(max_length=20, choices=WebhookEvent)
    # Null for an event that is not about an image.
    image = models.ForeignKey("Image", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    # The "data" of the body.
    data = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    # The number of tries that were started, and the end of the lease of the one that is running.
    attempt = models.PositiveIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True)
    # The failed tries since the event or the last resend, which select the pause before the next one.
    failures = models.PositiveSmallIntegerField(default=0)
    # Null on a final delivery.
    next_attempt_at = models.DateTimeField(null=True, default=timezone.now)
    tried_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # The result of the last try that ended: the status is null if there was no response.
    response_status = models.PositiveSmallIntegerField(null=True)
    response_excerpt = models.TextField(blank=True)
    # The last tries as `images.webhooks.tries.Try` writes them, oldest first.
    tries = models.JSONField(default=list)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["endpoint", "-created_at", "-id"], name="images_deliveries_newest"),
            models.Index(
                fields=["endpoint", "next_attempt_at"],
                condition=models.Q(status="pending"),
                name="images_deliveries_waiting",
            ),
            models.Index(
                fields=["next_attempt_at", "endpoint"],
                condition=models.Q(status="pending"),
                name="images_deliveries_due",
            ),
            models.Index(
                fields=["endpoint", "-tried_at"],
                condition=models.Q(tried_at__isnull=False),
                name="images_deliveries_tried",
            ),
            models.Index(fields=["endpoint", "status", "-created_at", "-id"], name="images_deliveries_by_status"),
            models.Index(fields=["created_at"], name="images_deliveries_oldest"),
            models.Index(fields=["image"], condition=models.Q(image__isnull=False), name="images_deliveries_of_image"),
        ]
        constraints = [
            # Only a pending delivery has a next try.
            models.CheckConstraint(
                condition=models.Q(status="pending", next_attempt_at__isnull=False, finished_at=None)
                | models.Q(status__in=["succeeded", "failed"], next_attempt_at=None, finished_at__isnull=False),
                name="images_delivery_next_when_pending",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.id}"

    @property
    def is_final(self) -> bool:
        return self.status != self.Status.PENDING
