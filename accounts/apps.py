"""The app of users and API keys."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers the system checks and the signal receivers of sign-in."""

    name = "accounts"

    def ready(self) -> None:
        # Models, and what uses them, can be imported only once all apps are loaded.
        from accounts import checks  # noqa: F401, PLC0415
        from accounts.sign_in import prehijacking  # noqa: F401, PLC0415
