"""App configurations: Django admin with our site class, and the app that contains the admin classes."""

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig

from accounts.signals import account_deleting


class StaffAdminConfig(SimpleAdminConfig):
    """Replaces django.contrib.admin in INSTALLED_APPS."""

    default = False
    default_site = "staff.site.StaffSite"


class StaffConfig(AppConfig):
    """Contains the admin classes; Django's autodiscovery imports staff/admin.py."""

    default = True
    name = "staff"

    def ready(self) -> None:
        # This module imports models, which is possible only once all apps are loaded.
        from staff import account_deletion  # noqa: PLC0415

        account_deleting.connect(account_deletion.anonymize_history, dispatch_uid="staff.anonymize_history")
