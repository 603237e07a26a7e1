"""Images remember the hash of the person for whom a program requested them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("images", "0021_uploads_and_sources")]

    operations = [
        migrations.AddField(
            "image", "end_user_hash", models.CharField(blank=True, db_default="", default="", max_length=64)
        ),
    ]
