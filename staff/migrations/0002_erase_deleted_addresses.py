"""Erase the names and addresses of accounts that were deleted before deletion erased them from the history."""

import re

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import TextField
from django.db.models.functions import Cast

from accounts.email_normalization import normalize_or_none

DELETED_OBJECT = "Deleted"
DELETED_ADDRESS = "[deleted address]"
ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
PUNCTUATION = "<>()[]{}.,;:!?'\""


def erase(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    entries = apps.get_model("admin", "LogEntry").objects
    content_types = apps.get_model("contenttypes", "ContentType").objects
    for model in (apps.get_model("accounts", "User"), apps.get_model("accounts", "ApiKey")):
        existing = model.objects.annotate(text_id=Cast("pk", TextField())).values("text_id")
        for content_type in content_types.filter(app_label="accounts", model=model._meta.model_name):
            about_deleted = entries.filter(content_type=content_type).exclude(object_id__in=existing)
            about_deleted.update(object_repr=DELETED_OBJECT)
    users = apps.get_model("accounts", "User").objects
    addresses = apps.get_model("account", "EmailAddress").objects

    def without_deleted(match: re.Match[str]) -> str:
        text = match[0]
        address = text.strip(PUNCTUATION)
        normal = normalize_or_none(address)
        if normal and (users.filter(email=normal).exists() or addresses.filter(email=normal).exists()):
            return text
        return text.replace(address, DELETED_ADDRESS)

    for entry in entries.filter(change_message__contains="@").only("change_message").iterator():
        message = ADDRESS.sub(without_deleted, entry.change_message)
        if message != entry.change_message:
            entries.filter(pk=entry.pk).update(change_message=message)


class Migration(migrations.Migration):
    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("accounts", "0008_normalized_email"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("staff", "0001_history_indexes"),
    ]

    # The reverse changes nothing: what was erased cannot be restored.
    operations = [migrations.RunPython(erase, migrations.RunPython.noop)]
