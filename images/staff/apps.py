"""Django admin with our site in the place of its own."""

from django.contrib.admin.apps import SimpleAdminConfig


class StaffAdminConfig(SimpleAdminConfig):
    """What INSTALLED_APPS names instead of django.contrib.admin."""

    default_site = "images.staff.site.StaffSite"
