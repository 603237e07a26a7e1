"""Indexes for the list of favourites and for the images whose deletion can still be undone."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("images", "0028_favourites_and_collections")]

    operations = [
        AddIndexConcurrently(
            "image",
            models.Index(
                fields=["user", "-created_at", "-id"],
                condition=models.Q(deleted_at=None, favourited_at__isnull=False),
                name="images_favourites_of_user",
            ),
        ),
        AddIndexConcurrently(
            "image",
            models.Index(
                fields=["erase_at"], condition=models.Q(erase_at__isnull=False), name="images_to_erase"
            ),
        ),
    ]
