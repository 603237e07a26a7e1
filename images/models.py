"""Database models of the catalogue, images and their counts, the workers' heartbeat, audit runs and exports.

Migrations 0002 and 0004 create the triggers that maintain the counts and notify listeners of changes.
"""

import uuid
from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import ApiKey, User
from images.options import (
    DEFAULT_BACKGROUND,
    DEFAULT_RESOLUTION,
    DEFAULT_THINKING_LEVEL,
    QUALITIES,
    RESOLUTIONS,
    THINKING_LEVELS,
    default_backgrounds,
)

# An image that is not final this long after its request is ended and refunded, whatever its attempts are doing.
DEADLINE = timedelta(minutes=12)
# Workers write their heartbeat every few seconds. When it is older than this, no worker is running.
WORKER_MISSING_AFTER = timedelta(seconds=60)


class CatalogueQuerySet(models.QuerySet["CatalogueModel"]):
    """Queries of the catalogue."""

    def with_prices(self) -> "CatalogueQuerySet":
        """Read the prices of all models in one further query."""
        return self.prefetch_related("prices")


class CatalogueModel(models.Model):
    """One model of the catalogue. Staff can edit it without a deployment.

    Its prices determine which qualities, resolutions and thinking levels it has, and which combinations of them.
    """

    class Speed(models.TextChoices):
        """How long generation takes, as shown to users."""

        FAST = "fast"
        STANDARD = "standard"

    class Api(models.TextChoices):
        """The API that serves a model; images.providers.registry has its function."""

        OPENAI = "openai", "OpenAI"
        GOOGLE = "google", "Google"
        COMPATIBLE = "compatible", "OpenAI-compatible server"

    model_id = models.CharField("model id", max_length=100, primary_key=True)
    provider_id = models.CharField("provider id", max_length=40)
    name = models.CharField(max_length=80)
    speed = models.CharField(max_length=10, choices=Speed)
    api = models.CharField("API", max_length=20, choices=Api)
    # The id sent to the provider. model_id is public and stays the same if the provider renames or retires a model.
    upstream_id = models.CharField("upstream id", max_length=100)
    # Of an OpenAI-compatible server: its URL, the environment variable with its key, and the parameters it accepts.
    base_url = models.CharField("base URL", max_length=200, blank=True, default="", db_default="")
    key_variable = models.CharField(max_length=60, blank=True, default="", db_default="")
    parameters = ArrayField(models.CharField(max_length=40), default=list, db_default=[], blank=True)
    aspect_ratios = ArrayField(models.CharField(max_length=5))
    # The quality of a request that names none; empty for a model without a choice of quality.
    default_quality = models.CharField(max_length=10, blank=True, default="", db_default="")
    backgrounds = ArrayField(models.CharField(max_length=12), default=default_backgrounds, db_default=["opaque"])
    # The number of pictures that an edit may use: the edited one and references. 0 if the model cannot edit.
    max_sources = models.PositiveSmallIntegerField(default=0, db_default=0)
    takes_mask = models.BooleanField(default=False, db_default=False)
    # Further parameters of the provider's API that are fixed for the model, such as {"quality": "high"}.
    options = models.JSONField(default=dict, blank=True)
    enabled = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(unique=True)

    objects = CatalogueQuerySet.as_manager()

    class Meta:
        db_table = "images_imagemodel"
        verbose_name = "model"
        ordering = ("position",)
        permissions = [("switch_model", "Can switch a model on and off")]

    def __str__(self) -> str:
        return self.model_id

    @property
    def qualities(self) -> list[str]:
        """The qualities to choose from, lowest first; empty for a model without a choice."""
        return self._choices("quality", QUALITIES)

    @property
    def resolutions(self) -> list[str]:
        """The resolutions to choose from, lowest first; empty for a model without a choice."""
        return self._choices("resolution", RESOLUTIONS)

    @property
    def thinking_levels(self) -> list[str]:
        """The thinking levels to choose from; empty for a model without thinking."""
        return self._choices("thinking_level", THINKING_LEVELS)

    def _choices(self, name: str, known: tuple[str, ...]) -> list[str]:
        values = {getattr(price, name) for price in self.prices.all()}
        return [value for value in known if value in values]

    @property
    def has_thinking(self) -> bool:
        return bool(self.thinking_levels)

    @property
    def sorted_prices(self) -> list["ModelPrice"]:
        """The prices by quality, resolution and thinking level, lowest first."""
        return sorted(self.prices.all(), key=lambda price: price.sort_key)

    def price(
        self, *, quality: str | None = None, resolution: str | None = None, thinking_level: str | None = None
    ) -> "ModelPrice | None":
        """Return the price of a combination; a choice that is None, or that the model does not have, is the default.

        None means that the model does not offer the combination.
        """
        combination = (
            (quality or self.default_quality or None) if self.qualities else None,
            (resolution or DEFAULT_RESOLUTION) if self.resolutions else None,
            (thinking_level or DEFAULT_THINKING_LEVEL) if self.thinking_levels else None,
        )
        return next((price for price in self.prices.all() if price.combination == combination), None)

    @property
    def credits(self) -> int | None:
        """The price of an image without options in credits; None if staff have removed it."""
        price = self.price()
        return price.credits if price else None

    @property
    def deep_credits(self) -> int | None:
        """The price with deep thinking and no other option; None for a model without it."""
        price = self.price(thinking_level="deep") if self.has_thinking else None
        return price.credits if price else None


class ModelPrice(models.Model):
    """The price of one image for one combination of a model's options; null where the model has no such choice."""

    model = models.ForeignKey(CatalogueModel, on_delete=models.CASCADE, related_name="prices")
    quality = models.CharField(max_length=10, null=True, blank=True, choices=[(value, value) for value in QUALITIES])
    resolution = models.CharField(
        max_length=4, null=True, blank=True, choices=[(value, value) for value in RESOLUTIONS]
    )
    thinking_level = models.CharField(
        max_length=10, null=True, blank=True, choices=[(value, value) for value in THINKING_LEVELS]
    )
    credits = models.PositiveIntegerField()
    # The provider's price of the picture in US cents, visible to staff only; null until staff enter it.
    upstream_cost_cents = models.DecimalField(max_digits=8, decimal_places=3, null=True, blank=True)

    class Meta:
        verbose_name = "price"
        constraints = [
            # The ledger has no entries of zero credits.
            models.CheckConstraint(condition=models.Q(credits__gt=0), name="images_price_costs_something"),
            models.UniqueConstraint(
                fields=["model", "quality", "resolution", "thinking_level"],
                nulls_distinct=False,
                name="images_price_once",
            ),
        ]

    def __str__(self) -> str:
        return ", ".join(value for value in self.combination if value) or "every image"

    @property
    def combination(self) -> tuple[str | None, str | None, str | None]:
        return self.quality, self.resolution, self.thinking_level

    @property
    def sort_key(self) -> tuple[int, ...]:
        known: tuple[tuple[str, ...], ...] = (QUALITIES, RESOLUTIONS, THINKING_LEVELS)
        return tuple(
            values.index(value) if value in values else -1
            for value, values in zip(self.combination, known, strict=True)
        )


class ImageQuerySet(models.QuerySet["Image"]):
    """Queries and bulk updates of images."""

    def owned_by(self, user_id: uuid.UUID) -> "ImageQuerySet":
        """Filter to the images of this user that are not deleted."""
        return self.filter(user_id=user_id, deleted_at=None)

    def newest_first(self) -> "ImageQuerySet":
        return self.order_by("-created_at", "-id")

    def unfinished(self) -> "ImageQuerySet":
        return self.filter(status__in=Image.UNFINISHED)

    def erase_content(self) -> int:
        """Mark these images as deleted and erase prompt, style, error message and file names; return their number.

        The caller removes the files. Until it sets swept_at, the reconciler does so as well. Images that were made from
        these keep the hash of the picture, but no link to it.
        """
        ImageSource.objects.filter(source_image__in=self.values("pk")).update(source_image=None)
        return self.update(
            deleted_at=Now(),
            prompt="",
            style="",
            error_message="",
            idempotency_key=None,
            picture_name="",
            thumbnail_name="",
            swept_at=None,
        )


class Image(models.Model):
    """One request for a picture, from queued to a final status, and the names of its files once they are stored."""

    class Status(models.TextChoices):
        """The status of an image; the last four are final."""

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
    # The key's name and the client (User-Agent) at the time of the request; both empty for the dashboard. The key's own
    # row has its present name and its last client, which later requests change.
    api_key_name = models.CharField("API key name", max_length=80, blank=True, default="", db_default="")
    client = models.CharField(max_length=100, blank=True, default="", db_default="")
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    # The arguments of the request with defaults applied, and the price in credits at that time.
    prompt = models.TextField()
    style = models.CharField(max_length=500, blank=True)
    model_id = models.CharField(max_length=100)
    provider_id = models.CharField(max_length=40)
    # "auto" for an edit in the shape of its first source.
    aspect_ratio = models.CharField(max_length=5)
    thinking_level = models.CharField(max_length=10, null=True)
    # Null for a model without such a choice.
    resolution = models.CharField(max_length=4, null=True)
    quality = models.CharField(max_length=10, null=True)
    background = models.CharField(max_length=12, default=DEFAULT_BACKGROUND, db_default=DEFAULT_BACKGROUND)
    # The requested format; null means the one that the provider sends.
    output_format = models.CharField(max_length=4, null=True)
    credit_cost = models.PositiveIntegerField()
    idempotency_key = models.CharField(max_length=255, null=True)
    # The span of the request (W3C traceparent), the parent of the worker's spans; empty when tracing is off.
    traceparent = models.CharField(max_length=55, blank=True, db_default="")

    # The current attempt's number, and the end of its lease: until then no other attempt may start.
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True)
    provider_calls = models.PositiveSmallIntegerField(default=0)

    # The result: an error, or the stored files.
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    picture_name = models.CharField(max_length=200, blank=True)
    thumbnail_name = models.CharField(max_length=200, blank=True)
    media_type = models.CharField(max_length=20, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    byte_size = models.PositiveIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    # Whether the stored file contains a C2PA manifest.
    has_content_credentials = models.BooleanField(default=False, db_default=False)
    # The token counts that the provider reported for the picture, for staff; null if it reported none.
    provider_usage = models.JSONField(null=True)
    # When leftover files were removed. Null on a final image: the reconciler still has to remove them.
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
            # Lets the staff overview sum up a period with an index-only scan.
            models.Index(
                fields=["created_at"],
                include=[
                    *("model_id", "quality", "resolution", "thinking_level"),
                    *("provider_id", "status", "credit_cost", "finished_at"),
                ],
                name="images_figures_by_option",
            ),
            models.Index(
                fields=["-finished_at"],
                condition=models.Q(status__in=["failed", "rejected"]),
                name="images_failed_last",
            ),
            # Lets the usage page sum up a user's period with an index-only scan, including deleted images.
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
            # A user's idempotency key identifies one request, even if two requests run at the same time.
            models.UniqueConstraint(fields=["user", "idempotency_key"], name="images_idempotency_key_once"),
            # finished_at is set if and only if the image is final.
            models.CheckConstraint(
                condition=models.Q(status__in=["queued", "running"], finished_at__isnull=True)
                | models.Q(status__in=["succeeded", "rejected", "failed", "cancelled"], finished_at__isnull=False),
                name="images_finished_when_final",
            ),
            # A succeeded image that is not deleted has a stored picture and thumbnail.
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
            # Limits an image to three provider calls, and so what it can cost us.
            models.CheckConstraint(condition=models.Q(provider_calls__lte=3), name="images_at_most_three_calls"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_final(self) -> bool:
        return self.status not in self.UNFINISHED

    @property
    def made_by(self) -> str:
        """The API key's name at the time of the request, or Dashboard."""
        return self.api_key_name or ("API key" if self.api_key_id else "Dashboard")

    @property
    def deadline(self) -> datetime:
        return self.created_at + DEADLINE

    @property
    def deadline_minutes(self) -> int:
        """The whole minutes after the request within which an image is final."""
        return int(DEADLINE / timedelta(minutes=1))

    @property
    def seconds_left(self) -> float:
        return (self.deadline - timezone.now()).total_seconds()


class Upload(models.Model):
    """A picture that a user brought in, or the ticket for one that has not arrived yet: then it has no sha256."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Null once the account is deleted; the reconciler then removes the file.
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="uploads", db_index=False)
    created_at = models.DateTimeField(default=timezone.now)
    # An upload that an image uses lives as long as the image.
    expires_at = models.DateTimeField()
    sha256 = models.CharField(max_length=64, blank=True)
    media_type = models.CharField(max_length=20, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    byte_size = models.PositiveIntegerField(null=True)
    file_name = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "expires_at"], name="images_uploads_of_user"),
            models.Index(fields=["expires_at"], name="images_uploads_to_remove"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class ImageSource(models.Model):
    """A picture that an image was made from: the edited one, a reference, or the mask."""

    class Role(models.TextChoices):
        """What the picture is for."""

        BASE = "base"
        REFERENCE = "reference"
        MASK = "mask"

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="sources", db_index=False)
    # The first picture has position 0; the mask comes last.
    position = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=10, choices=Role)
    # The id that the request named. One of the two links has the same id, until that picture is deleted.
    source_id = models.UUIDField()
    source_image = models.ForeignKey(Image, null=True, on_delete=models.SET_NULL, related_name="edits")
    upload = models.ForeignKey(Upload, null=True, on_delete=models.SET_NULL, related_name="uses")
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ("position",)
        constraints = [models.UniqueConstraint(fields=["image", "position"], name="images_source_once")]

    def __str__(self) -> str:
        return f"{self.role} {self.source_id}"


class ImageCount(models.Model):
    """The number of a user's images in one status, so that a list shows its total without counting.

    A trigger maintains it.
    """

    pk = models.CompositePrimaryKey("user_id", "status")
    user_id = models.UUIDField()
    status = models.CharField(max_length=10)
    images = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.images} {self.status}"


class WorkerHeartbeat(models.Model):
    """A single row: the time of the latest worker heartbeat, and the start of the current unbroken series.

    During an outage of the database no worker can renew a lease. steady_since distinguishes a lease that expired for
    that reason from the lease of a killed worker.
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
    """The result of one audit of the ledger. Staff see its breaches as new until they acknowledge them."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    # The number of audited rows and credits, by name.
    counts = models.JSONField(default=dict)
    breach_count = models.PositiveBigIntegerField()
    # Descriptions of the first breaches; breach_count has the total.
    breaches = models.JSONField(default=list)
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-started_at", "-id"], name="images_audits_newest_first")]
        permissions = [("run_audit", "Can run an audit and acknowledge what it found")]

    def __str__(self) -> str:
        return f"audit of {self.started_at:%Y-%m-%d %H:%M}"


class Export(models.Model):
    """A copy of all data of a user, kept in storage as a ZIP file for a week."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Null once the account is deleted; the reconciler then removes the file.
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
            # A user has at most one unfinished export; a second request returns it.
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
        """The storage name of the latest attempt's file."""
        return self.file_name_of(self.attempt)

    def file_name_of(self, attempt: int) -> str:
        """Return the storage name of an attempt's file; the number keeps attempts from overwriting each other's."""
        return f"exports/{self.id}-{attempt}.zip"
