from importlib import import_module
from typing import Any

from django.db import migrations, models


def mark_preset(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001 - the signature is Django's
    ids = [client_id for client_id, *_ in import_module("accounts.migrations.0010_known_oauth_clients").CLIENTS]
    apps.get_model("accounts", "OAuthClient").objects.filter(pk__in=ids).update(is_preset=True)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_known_oauth_clients")]

    operations = [
        migrations.AddField(
            "OAuthClient", "is_preset", models.BooleanField(default=False, db_default=False, editable=False)
        ),
        migrations.RunPython(mark_preset, migrations.RunPython.noop),
    ]
