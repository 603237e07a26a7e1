"""Add the client and the key's name to images, and fill existing images from their keys."""

from django.db import migrations, models

# A default that PostgreSQL keeps adds the columns without rewriting the table, and lets processes of the previous
# version insert images. IF NOT EXISTS: without a transaction, a migration that was interrupted runs again.
ADD_COLUMNS = """
ALTER TABLE images_image
    ADD COLUMN IF NOT EXISTS api_key_name varchar(80) DEFAULT '' NOT NULL,
    ADD COLUMN IF NOT EXISTS client varchar(100) DEFAULT '' NOT NULL;
"""

# The last client of the key is the best that is known about existing images.
FILL = """
UPDATE images_image i SET api_key_name = k.name, client = k.last_used_client
FROM accounts_apikey k
WHERE k.id = i.api_key_id AND i.api_key_name = '';
"""


class Migration(migrations.Migration):
    # The lock of ALTER TABLE ends before the rows are filled, so that the site keeps working meanwhile.
    atomic = False

    dependencies = [("images", "0011_plain_model_names"), ("accounts", "0007_seen")]

    operations = [
        migrations.RunSQL(
            ADD_COLUMNS,
            "ALTER TABLE images_image DROP COLUMN IF EXISTS api_key_name, DROP COLUMN IF EXISTS client;",
            state_operations=[
                migrations.AddField(
                    "image",
                    "api_key_name",
                    models.CharField("API key name", max_length=80, blank=True, default="", db_default=""),
                ),
                migrations.AddField(
                    "image", "client", models.CharField(max_length=100, blank=True, default="", db_default="")
                ),
            ],
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
