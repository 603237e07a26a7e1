"""Django stores the labels of permissions. They are those of the models, also in a database of the previous release."""

import importlib

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission

pytestmark = pytest.mark.django_db

migration = importlib.import_module("images.migrations.0032_permission_labels")


def stored_labels() -> dict[str, str]:
    own = Permission.objects.filter(content_type__app_label__in=["accounts", "billing", "images"])
    return dict(own.values_list("codename", "name"))


def test_the_migration_updates_stored_labels() -> None:
    declared = {name: label for model in apps.get_models() for name, label in model._meta.permissions}
    migration.restore(apps, None)
    assert stored_labels()["refund_image"] == "Can give an image's credits back"
    migration.shorten(apps, None)
    assert stored_labels().items() >= declared.items()
