"""Rename two model classes without touching their tables; content types and permissions follow the new names."""

from django.db import migrations

ACTIONS = ("add", "change", "delete", "view")


def rename_permissions(old, new):
    def rename(apps, schema_editor):
        permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="images")
        for action in ACTIONS:
            permissions.filter(codename=f"{action}_{old}").update(codename=f"{action}_{new}")

    return rename


class Migration(migrations.Migration):
    dependencies = [("images", "0010_spending"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        # The tables first get their present names as fixed ones, so that renaming the classes leaves them alone.
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
        migrations.RunPython(
            rename_permissions("imagemodel", "cataloguemodel"), rename_permissions("cataloguemodel", "imagemodel")
        ),
    ]
