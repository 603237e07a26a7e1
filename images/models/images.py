"""Images, the pictures that they were made from, and their counts.

Migrations 0002 and 0004 create the triggers that keep the counts and notify listeners.
"""

import json
import uuid
from datetime import datetime, timedelta
from typing import Any, Final, cast

from django.db import connection, models
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from accounts.models import ApiKey, User
from images.catalogue.options import DEFAULT_BACKGROUND
from images.models.shares import Share
from images.models.webhooks import WebhookDelivery
from infrastructure import database

# An image that is not final this long after its request is ended and refunded, even during an attempt.
DEADLINE = timedelta(minutes=12)


FIND_OWNED: Final = """
SELECT account.balance, EXISTS (SELECT FROM images_imagesource source WHERE source.image_id = image.id),
       image.provider_usage, {columns}
FROM images_image image JOIN billing_creditaccount account ON account.user_id = image.user_id
WHERE image.id = %(id)s AND image.user_id = %(user)s AND image.deleted_at IS NULL
"""


def plain_columns() -> list[str]:
    """Return the columns that plain SQL reads as the model has them: all except provider_usage, which is JSON."""
    return [column for column in database.columns(Image) if column != "provider_usage"]


class ImageQuerySet(models.QuerySet["Image"]):
    """Queries and bulk updates of images."""

    def owned_by(self, user_id: uuid.UUID) -> "ImageQuerySet":
        """Filter to the images of this user that are not deleted."""
        return self.filter(user_id=user_id, deleted_at=None)

    def find_owned(self, user_id: uuid.UUID, image_id: uuid.UUID | str) -> "Image | None":
        """Return the image if `owned_by` has it, with its sources and, read at the same moment, its `owner_balance`."""
        names = plain_columns()
        statement = FIND_OWNED.format(columns=", ".join(f"image.{name}" for name in names))
        with connection.cursor() as cursor:
            cursor.execute(statement, {"id": image_id, "user": user_id})
            row = cursor.fetchone()
        if row is None:
            return None
        balance, has_sources, usage, *values = row
        image: Any = Image.from_db(connection.alias, names, values)
        image.owner_balance, image.provider_usage = balance, usage and json.loads(usage)
        if has_sources:
            models.prefetch_related_objects([image], "sources")
        else:
            # What prefetch_related_objects stores, for which it would run a query.
            image._prefetched_objects_cache = {"sources": ImageSource.objects.none()}  # noqa: SLF001
        return cast("Image", image)

    def with_content_of(self, user_id: uuid.UUID) -> "ImageQuerySet":
        """Filter to the images of this user that have content: those not deleted, and those that can be restored."""
        return self.filter(models.Q(deleted_at=None) | models.Q(erase_at__isnull=False), user_id=user_id)

    def in_library(self, *, favourite: bool | None = None, collection_id: uuid.UUID | None = None) -> "ImageQuerySet":
        """Filter by whether the images are favourites, and to those in a collection; None does not filter."""
        images = self
        if favourite is not None:
            images = images.filter(favourited_at__isnull=not favourite)
        if collection_id is not None:
            images = images.filter(collections=collection_id)
        return images

    def newest_first(self) -> "ImageQuerySet":
        return self.order_by("-created_at", "-id")

    def unfinished(self) -> "ImageQuerySet":
        return self.filter(status__in=Image.UNFINISHED)

    def erase_content(self) -> int:
        """Mark these images as deleted and erase prompt, style, error message and file names; return their number.

        They also leave all collections and the favourites, their public pages end, and webhook events lose these texts.

        The caller removes the files. Until it sets swept_at, the reconciler does so as well. Images that were made from
        these keep the hash of the picture, but no link to it.
        """
        ImageSource.objects.filter(source_image__in=self.values("pk")).update(source_image=None)
        WebhookDelivery.objects.filter(image__in=self.values("pk")).erase_image_texts()
        Share.objects.filter(image__in=self.values("pk")).delete()
        self.model.collections.through.objects.filter(image__in=self.values("pk")).delete()
        return self.update(
            deleted_at=Coalesce("deleted_at", Now()),
            erase_at=None,
            favourited_at=None,
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
    # Set on a deleted image whose content is still there: until then, the deletion can be undone. All images that were
    # deleted together have the same time, which identifies the deletion.
    erase_at = models.DateTimeField(null=True)
    # All images that were made favourites together have the same time, which identifies the change.
    favourited_at = models.DateTimeField(null=True)

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
    # Identifies the person for whom the account's program requested the image to the provider; empty for the account.
    end_user_hash = models.CharField(max_length=64, blank=True, default="", db_default="")
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
    # The name of a file that is made at the first request.
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
    # The balance of the user in credits; only of an image that `find_owned` returned.
    owner_balance: int

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
                fields=["user", "-created_at", "-id"],
                condition=models.Q(deleted_at=None, favourited_at__isnull=False),
                name="images_favourites_of_user",
            ),
            models.Index(fields=["erase_at"], condition=models.Q(erase_at__isnull=False), name="images_to_erase"),
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
                fields=["user", "created_at"],
                include=["id", "model_id", "credit_cost", "api_key", "client"],
                name="images_spending_by_source",
            ),
        ]
        permissions = [
            ("refund_image", "Can refund an image"),
            ("retry_image", "Can retry an image"),
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
            # A succeeded image that is not deleted has a stored picture.
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
    def is_favourite(self) -> bool:
        return self.favourited_at is not None

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
    upload = models.ForeignKey("Upload", null=True, on_delete=models.SET_NULL, related_name="uses")
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


class SpendSummary(models.Model):
    """The number and the price in credits of a user's images of one day (UTC) and model, without refunded ones.

    Triggers maintain it, and delete the rows of a deleted account. Rows whose images were all refunded remain.
    """

    pk = models.CompositePrimaryKey("user_id", "day", "model_id")
    user_id = models.UUIDField()
    day = models.DateField()
    model_id = models.CharField(max_length=100)
    images = models.BigIntegerField()
    credits = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.day}, {self.model_id}: {self.images} images, {self.credits} credits"
