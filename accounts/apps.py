"""App configuration of accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users and API keys. Registers the system checks and the signal receivers of sign-in."""

    name = "accounts"

    def ready(self) -> None:
        # These modules import models, which is possible only after all apps are loaded.
        from accounts import checks  # noqa: F401, PLC0415
        from accounts.sign_in import (  # noqa: PLC0415
            password_reset,  # noqa: F401
            prehijack_protection,  # noqa: F401
            recent_passwords,  # noqa: F401
            sessions,  # noqa: F401
        )
