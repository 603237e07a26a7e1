"""Rename two model classes without touching their tables; content types and permissions follow the new names."""

from django.db import migrations

ACTIONS = ("add", "change", "delete", "view")
RENAMED_MODELS = {"imagemodel": "cataloguemodel", "workerpulse": "workerheartbeat"}


def rename_permissions(apps, schema_editor):
    _rename_permissions(apps, RENAMED_MODELS)


def restore_permissions(apps, schema_editor):
    _rename_permissions(apps, {new: old for old, new in RENAMED_MODELS.items()})


def _rename_permissions(apps, names):
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="images")
    for old, new in names.items():
        for action in ACTIONS:
            permissions.filter(codename=f"{action}_{old}").update(codename=f"{action}_{new}")


class Migration(migrations.Migration):
    dependencies = [("images", "0010_spending"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        # An explicit table name keeps RenameModel from renaming the table, which older processes still use during a deploy.
        migrations.AlterModelTable("ImageModel", "images_imagemodel"),
        migrations.RenameModel("ImageModel", "CatalogueModel"),
        migrations.AlterModelOptions(
            "CatalogueModel",
            {
                "ordering": ("position",),
                "permissions": [("switch_model", "Can switch a model on and off")],
                "verbose_name": "model",
            },
        ),
        migrations.AlterModelTable("WorkerPulse", "images_workerpulse"),
        migrations.RenameModel("WorkerPulse", "WorkerHeartbeat"),
        migrations.RunPython(rename_permissions, restore_permissions),
    ]
