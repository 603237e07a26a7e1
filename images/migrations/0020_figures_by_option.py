"""Let the staff overview sum up costs by option from an index. The index before it is removed once this one exists."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("images", "0019_price_permissions")]

    operations = [
        AddIndexConcurrently(
            "image",
            models.Index(
                fields=["created_at"],
                include=[
                    *("model_id", "quality", "resolution", "thinking_level"),
                    *("provider_id", "status", "credit_cost", "finished_at"),
                ],
                name="images_figures_by_option",
            ),
        ),
        RemoveIndexConcurrently("image", "images_figures"),
    ]
