"""Support may revoke the public page of a picture."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations


def let_support_revoke(apps, schema_editor):
    # Django creates permissions after all migrations, but the group needs this one now.
    create_permissions(installed.get_app_config("images"), verbosity=0)
    delete = apps.get_model("auth", "Permission").objects.get(
        content_type__app_label="images", codename="delete_share"
    )
    for group in apps.get_model("auth", "Group").objects.filter(name="Support"):
        group.permissions.add(delete)


class Migration(migrations.Migration):
    dependencies = [
        ("images", "0029_favourites_indexes"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(let_support_revoke, migrations.RunPython.noop)]
