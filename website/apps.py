"""The app of the website."""

from django.apps import AppConfig


class WebsiteConfig(AppConfig):
    """An entry point without tables of its own."""

    name = "website"
