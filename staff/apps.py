"""App configurations: Django admin with our site class, and the app that contains the admin classes."""

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig


class StaffAdminConfig(SimpleAdminConfig):
    """Replaces django.contrib.admin in INSTALLED_APPS."""

    default = False
    default_site = "staff.site.StaffSite"


class StaffConfig(AppConfig):
    """Contains the admin classes; Django's autodiscovery imports staff/admin.py."""

    default = True
    name = "staff"
