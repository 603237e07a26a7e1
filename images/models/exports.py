"""Exports of a user's data."""

import uuid

from django.db import models
from django.utils import timezone

from accounts.models import User


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
