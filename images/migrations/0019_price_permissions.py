"""Let both staff groups view the prices of models."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations


def add(apps, schema_editor):
    # Django creates permissions after all migrations, but the groups need this one now.
    create_permissions(installed.get_app_config("images"), verbosity=0)
    permissions = apps.get_model("auth", "Permission").objects
    view = permissions.get(content_type__app_label="images", codename="view_modelprice")
    for group in apps.get_model("auth", "Group").objects.filter(name__in=["Auditor", "Support"]):
        group.permissions.add(view)


class Migration(migrations.Migration):
    dependencies = [
        ("images", "0018_prices_are_rows"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
