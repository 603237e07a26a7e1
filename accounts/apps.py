"""People and their API keys."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The lowest app: it knows none of the others."""

    name = "accounts"
