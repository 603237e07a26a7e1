"""Create the two staff groups: Auditor can view everything, Support can also run the staff actions."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

SEEN = {
    "accounts": ("user", "apikey"),
    "admin": ("logentry",),
    "billing": ("creditaccount", "ledgerentry", "pack", "paymentevent", "purchase"),
    "images": ("auditrun", "image", "cataloguemodel"),
}
ACTIONS = {
    "accounts": ("suspend_user", "revoke_apikey"),
    "billing": ("grant_credits", "adjust_credits"),
    "images": ("refund_image", "retry_image", "end_image", "switch_model", "run_audit"),
}


def add(apps, schema_editor):
    # Django creates permissions after all migrations, but the groups need them now.
    for label in SEEN:
        create_permissions(installed.get_app_config(label), verbosity=0)
    views = {label: [f"view_{model}" for model in models] for label, models in SEEN.items()}
    group = apps.get_model("auth", "Group").objects
    group.get_or_create(name="Auditor")[0].permissions.set(_permissions(apps, views))
    group.get_or_create(name="Support")[0].permissions.set([*_permissions(apps, views), *_permissions(apps, ACTIONS)])


def _permissions(apps, codenames):
    permission = apps.get_model("auth", "Permission").objects
    return [
        permission.get(content_type__app_label=label, codename=codename)
        for label, names in codenames.items()
        for codename in names
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("images", "0007_staff"),
        ("billing", "0007_staff"),
        ("accounts", "0006_staff"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
