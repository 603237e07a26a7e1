"""Environment of the measured service: its own database, and no request limits."""

import os
import secrets
from pathlib import Path
from typing import Final

LOCAL_DIR = Path(__file__).resolve().parent.parent / ".local" / "bench"
FIXED: Final = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "DEBUG": "0",
    "ALLOWED_HOSTS": "127.0.0.1,localhost",
    "SANDBOX_PROVIDERS": "on",
    "RATE_LIMIT_PER_MINUTE": "0",
    "MAX_RUNNING_PER_USER": "0",
    "STAFF_REQUIRE_MFA": "0",
    "LOG_LEVEL": "WARNING",
}


def settings(database_url: str) -> dict[str, str]:
    """Return the environment variables of a service with this database."""
    return {**FIXED, "DATABASE_URL": database_url, "SECRET_KEY": secrets.token_urlsafe(48)}


def without_settings() -> dict[str, str]:
    """Return the environment without those variables and without the ones that `make` passes to its children."""
    excluded = {*settings(""), "MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    return {name: value for name, value in os.environ.items() if name not in excluded}
