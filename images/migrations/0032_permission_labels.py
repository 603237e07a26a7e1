"""Shorter labels for four staff permissions. Django stores a label when it creates the permission and never updates it."""

from django.db import migrations

# Codename, previous label and new label.
LABELS = (
    ("refund_image", "Can give an image's credits back", "Can refund an image"),
    ("retry_image", "Can have an image made again", "Can retry an image"),
    ("run_audit", "Can run an audit and acknowledge what it found", "Can run audits and acknowledge breaches"),
    ("switch_model", "Can switch a model on and off", "Can enable and disable models"),
)


def shorten(apps, schema_editor):
    for codename, _previous, label in LABELS:
        _permissions(apps, codename).update(name=label)


def restore(apps, schema_editor):
    for codename, previous, _label in LABELS:
        _permissions(apps, codename).update(name=previous)


def _permissions(apps, codename):
    return apps.get_model("auth", "Permission").objects.filter(content_type__app_label="images", codename=codename)


class Migration(migrations.Migration):
    dependencies = [
        ("images", "0031_upload_thumbnails"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="auditrun",
            options={"permissions": [("run_audit", "Can run audits and acknowledge breaches")]},
        ),
        migrations.AlterModelOptions(
            name="cataloguemodel",
            options={"ordering": ("position",), "permissions": [("switch_model", "Can enable and disable models")], "verbose_name": "model"},
        ),
        migrations.AlterModelOptions(
            name="image",
            options={
                "permissions": [
                    ("refund_image", "Can refund an image"),
                    ("retry_image", "Can retry an image"),
                    ("end_image", "Can end an unfinished image"),
                ]
            },
        ),
        migrations.RunPython(shorten, restore),
    ]
