"""People and their API keys."""

from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The lowest app: it knows none of the others."""

    name = "accounts"

    def ready(self) -> None:
        import_module("accounts.checks")
        import_module("accounts.takeover")
