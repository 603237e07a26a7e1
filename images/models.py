"""Images with their states, the catalogue of models, the counts that lists show, and audits of it all.

The triggers that keep the counts and announce changes stand in migration 0002.
"""

import uuid
from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts.models import ApiKey, User

DEADLINE = timedelta(minutes=12)
# Workers beat every few seconds: after such a silence there is none.
WORKER_MISSING_AFTER = timedelta(seconds=60)


class CatalogueModel(models.Model):
    """One model of the catalogue, as staff may change it without a deploy."""

    class Speed(models.TextChoices):
        """How long a picture takes, as a user would say it."""

        FAST = "fast"
        STANDARD = "standard"

    model_id = models.CharField("model id", max_length=100, primary_key=True)
    provider_id = models.CharField("provider id", max_length=40)
    name = models.CharField(max_length=80)
    credits = models.PositiveIntegerField()
    # Null where the model has no deep thinking.
    deep_credits = models.PositiveIntegerField(null=True, blank=True)
    speed = models.CharField(max_length=10, choices=Speed)
    # What the provider is sent; the public id stays when a provider renames or retires a model.
    upstream_id = models.CharField("upstream id", max_length=100)
    aspect_ratios = ArrayField(models.CharField(max_length=5))
    # What else drives the provider's cost and quality, fixed for the model: {"quality": "high"}.
    options = models.JSONField(default=dict, blank=True)
    enabled = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(unique=True)
    # What the provider takes for one picture, in US cents; null where nobody has entered it. Only staff see it.
    upstream_cost_cents = models.DecimalField(max_digits=8, decimal_places=3, null=True, blank=True)
    deep_upstream_cost_cents = models.DecimalField(max_digits=8, decimal_places=3, null=True, blank=True)

    class Meta:
        db_table = "images_imagemodel"
        verbose_name = "model"
        ordering = ("position",)
        permissions = [("switch_model", "Can switch a model on and off")]
        constraints = [
            # The ledger has no entries of nothing.
            models.CheckConstraint(condition=models.Q(credits__gt=0), name="images_model_costs_something"),
            models.CheckConstraint(
                condition=models.Q(deep_credits__isnull=True) | models.Q(deep_credits__gt=0),
                name="images_model_deep_costs_something",
            ),
        ]

    def __str__(self) -> str:
        return self.model_id

    @property
    def has_thinking(self) -> bool:
        return self.deep_credits is not None

    def price(self, thinking_level: str | None) -> int:
        """Return what one picture costs, in credits."""
        if thinking_level == "deep" and self.deep_credits is not None:
            return self.deep_credits
        return self.credits


class ImageQuerySet(models.QuerySet["Image"]):
    """Images, as far as somebody may see them."""

    def owned_by(self, user_id: uuid.UUID) -> "ImageQuerySet":
        """Only this user's, and not those that they deleted."""
        return self.filter(user_id=user_id, deleted_at=None)

    def newest_first(self) -> "ImageQuerySet":
        return self.order_by("-created_at", "-id")

    def unfinished(self) -> "ImageQuerySet":
        return self.filter(status__in=Image.UNFINISHED)


class Image(models.Model):
    """One request for a picture, and the picture when there is one."""

    class Status(models.TextChoices):
        """Where an image is in its life; the last four are final."""

        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        REJECTED = "rejected"
        FAILED = "failed"
        CANCELLED = "cancelled"

    UNFINISHED = (Status.QUEUED, Status.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="images", db_index=False)
    api_key = models.ForeignKey(ApiKey, null=True, on_delete=models.SET_NULL, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    # What was asked for, after defaults; the price is the one of that moment.
    prompt = models.TextField()
    style = models.CharField(max_length=500, blank=True)
    model_id = models.CharField(max_length=100)
    provider_id = models.CharField(max_length=40)
    aspect_ratio = models.CharField(max_length=5)
    thinking_level = models.CharField(max_length=10, null=True)
    credit_cost = models.PositiveIntegerField()
    idempotency_key = models.CharField(max_length=255, null=True)
    # The span of the request that asked (W3C traceparent), with which its making goes on; empty without traces.
    traceparent = models.CharField(max_length=55, blank=True, db_default="")

    # Who is at work on it: the attempt's number, and until when nobody else may begin another.
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True)
    provider_calls = models.PositiveSmallIntegerField(default=0)

    # What came of it.
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    picture_name = models.CharField(max_length=200, blank=True)
    thumbnail_name = models.CharField(max_length=200, blank=True)
    media_type = models.CharField(max_length=20, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    byte_size = models.PositiveIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    # When files of attempts that came to nothing were removed; null while that is still to be done.
    swept_at = models.DateTimeField(null=True)

    objects = ImageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["user", "-created_at", "-id"], condition=models.Q(deleted_at=None), name="images_of_user"
            ),
            models.Index(
                fields=["user", "status", "-created_at", "-id"],
                condition=models.Q(deleted_at=None),
                name="images_of_user_by_status",
            ),
            models.Index(
                fields=["created_at"], condition=models.Q(status__in=["queued", "running"]), name="images_unfinished"
            ),
            models.Index(
                fields=["finished_at"],
                condition=models.Q(swept_at=None, finished_at__isnull=False),
                name="images_to_sweep",
            ),
            models.Index(fields=["-created_at", "-id"], name="images_newest_first"),
            # A period's figures are read without the images themselves.
            models.Index(
                fields=["created_at"],
                include=["model_id", "thinking_level", "provider_id", "status", "credit_cost", "finished_at"],
                name="images_figures",
            ),
            models.Index(
                fields=["-finished_at"],
                condition=models.Q(status__in=["failed", "rejected"]),
                name="images_failed_last",
            ),
            # What a period cost is summed up without reading the images, also deleted ones.
            models.Index(
                fields=["user", "created_at"], include=["id", "model_id", "credit_cost"], name="images_spending"
            ),
        ]
        permissions = [
            ("refund_image", "Can give an image's credits back"),
            ("retry_image", "Can have an image made again"),
            ("end_image", "Can end an unfinished image"),
        ]
        constraints = [
            # One key of a user is one request: a second one at the same moment fails here if nowhere else.
            models.UniqueConstraint(fields=["user", "idempotency_key"], name="images_idempotency_key_once"),
            # A finished image has its time, an unfinished one has none.
            models.CheckConstraint(
                condition=models.Q(status__in=["queued", "running"], finished_at__isnull=True)
                | models.Q(status__in=["succeeded", "rejected", "failed", "cancelled"], finished_at__isnull=False),
                name="images_finished_when_final",
            ),
            # What succeeded has a picture that can be sent.
            models.CheckConstraint(
                condition=~models.Q(status="succeeded")
                | (
                    ~models.Q(picture_name="")
                    & ~models.Q(thumbnail_name="")
                    & models.Q(byte_size__gt=0)
                    & ~models.Q(media_type="")
                    & ~models.Q(sha256="")
                )
                | models.Q(deleted_at__isnull=False),
                name="images_succeeded_has_picture",
            ),
            # No image costs the provider more than three calls.
            models.CheckConstraint(condition=models.Q(provider_calls__lte=3), name="images_at_most_three_calls"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_final(self) -> bool:
        return self.status not in self.UNFINISHED

    @property
    def deadline(self) -> datetime:
        return self.created_at + DEADLINE

    @property
    def seconds_left(self) -> float:
        return (self.deadline - timezone.now()).total_seconds()


class ImageCount(models.Model):
    """How many images a user has in a state: what a list's total says without counting. Kept by a trigger."""

    pk = models.CompositePrimaryKey("user_id", "status")
    user_id = models.UUIDField()
    status = models.CharField(max_length=10)
    images = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.images} {self.status}"


class WorkerHeartbeat(models.Model):
    """One row: when a worker last looked after the images, and since when without a gap.

    After an outage of the database no lease has been renewed, by nobody's fault; since when the pulse has been
    steady tells such a lease from one whose worker died.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    beat_at = models.DateTimeField()
    steady_since = models.DateTimeField()

    class Meta:
        db_table = "images_workerpulse"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="images_one_pulse")]

    def __str__(self) -> str:
        return f"last beat {self.beat_at}, steady since {self.steady_since}"


class AuditRun(models.Model):
    """What one audit of the whole ledger found. A breach stays new until staff say that they know of it."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    # What was looked at, by name; and the first breaches as words.
    counts = models.JSONField(default=dict)
    breach_count = models.PositiveBigIntegerField()
    breaches = models.JSONField(default=list)
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-started_at", "-id"], name="images_audits_newest_first")]
        permissions = [("run_audit", "Can run an audit and acknowledge what it found")]

    def __str__(self) -> str:
        return f"audit of {self.started_at:%Y-%m-%d %H:%M}"


class Export(models.Model):
    """A copy of everything a user has here, as a ZIP in storage for a week."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Null when the account is gone: then the file goes too.
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="exports")
    asked_at = models.DateTimeField(default=timezone.now)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    byte_size = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            # One at a time: a second one asked for meanwhile is the same.
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(ready_at=None, failed_at=None, expires_at=None),
                name="images_one_export_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_unfinished(self) -> bool:
        return self.ready_at is None and self.failed_at is None

    @property
    def file_name(self) -> str:
        """Where its last attempt's file lies in storage."""
        return self.file_name_of(self.attempt)

    def file_name_of(self, attempt: int) -> str:
        """Where this attempt's file lies: no two of them can overwrite or remove each other's."""
        return f"exports/{self.id}-{attempt}.zip"
