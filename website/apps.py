"""App configuration of website."""

from django.apps import AppConfig


class WebsiteConfig(AppConfig):
    """The pages of the site. Has no models."""

    name = "website"
