"""Pictures that users bring in."""

import uuid

from django.db import models
from django.utils import timezone

from accounts.models import User


class Upload(models.Model):
    """A picture that a user brought in, or the ticket for one that has not arrived yet: then it has no sha256."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Null once the account is deleted; the reconciler then removes the files.
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
    # The name of a file that is made at the first request. Empty for an upload of an earlier release.
    thumbnail_name = models.CharField(max_length=200, blank=True, default="", db_default="")
    # How often the link of a ticket was used, also with files that were refused.
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [
            models.Index(fields=["user", "expires_at"], name="images_uploads_of_user"),
            models.Index(fields=["expires_at"], name="images_uploads_to_remove"),
        ]

    def __str__(self) -> str:
        return str(self.id)
