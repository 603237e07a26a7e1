"""Django admin with our own site, and the app that registers the admin classes."""

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig


class StaffAdminConfig(SimpleAdminConfig):
    """Replaces django.contrib.admin in INSTALLED_APPS."""

    default = False
    default_site = "staff.site.StaffSite"


class StaffConfig(AppConfig):
    """Holds the admin classes; Django's autodiscovery finds them in staff/admin.py."""

    default = True
    name = "staff"
