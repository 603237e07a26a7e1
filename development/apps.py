"""Django app configuration of the development tools."""

from django.apps import AppConfig


class DevelopmentConfig(AppConfig):
    """The development commands and the mailbox; production does not use them."""

    name = "development"
