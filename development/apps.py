"""The app of the development commands and the mailbox."""

from django.apps import AppConfig


class DevelopmentConfig(AppConfig):
    """Never needed in production."""

    name = "development"
