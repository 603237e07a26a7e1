"""Whoever may view or change models may view or change their prices, which were part of the model."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations


def add(apps, schema_editor):
    # Django creates permissions after all migrations, but the groups need this one now.
    create_permissions(installed.get_app_config("images"), verbosity=0)
    Permission = apps.get_model("auth", "Permission")
    for action in ("view", "change"):
        model = Permission.objects.filter(content_type__app_label="images", codename=f"{action}_cataloguemodel").first()
        prices = [f"{name}_modelprice" for name in (["view"] if action == "view" else ["add", "change", "delete"])]
        added = Permission.objects.filter(content_type__app_label="images", codename__in=prices)
        for group in model.group_set.all() if model else ():
            group.permissions.add(*added)
        for user in model.user_set.all() if model else ():
            user.user_permissions.add(*added)
    view = Permission.objects.get(content_type__app_label="images", codename="view_modelprice")
    for group in apps.get_model("auth", "Group").objects.filter(name__in=["Auditor", "Support"]):
        group.permissions.add(view)


class Migration(migrations.Migration):
    dependencies = [
        ("images", "0018_prices_are_rows"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
