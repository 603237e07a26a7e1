"""Index for the spending of a user by key and client. The one without these is removed once this one exists."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Requests write images while this runs.
    atomic = False
    dependencies = [("images", "0026_shares_and_strengths")]

    operations = [
        AddIndexConcurrently(
            "image",
            models.Index(
                fields=["user", "created_at"],
                include=["id", "model_id", "credit_cost", "api_key", "client"],
                name="images_spending_by_source",
            ),
        ),
        RemoveIndexConcurrently("image", "images_spending"),
    ]
