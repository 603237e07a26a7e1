"""Authentication backends that reject the sessions of suspended users.

`get_user` runs for every request with a session, so that a suspension ends open sessions. Sign-in itself is refused in
sign_in/adapters.py, after the user has proved their identity.
"""

from typing import Any

from allauth.account import auth_backends
from django.contrib.auth import backends

from accounts.models import User


class ModelBackend(backends.ModelBackend):
    """Django's backend, for passwords and permissions."""

    def get_user(self, user_id: Any) -> User | None:
        return _unless_suspended(super().get_user(user_id))


class AuthenticationBackend(auth_backends.AuthenticationBackend):  # type: ignore[misc]
    """django-allauth's backend, for email addresses, codes and passkeys."""

    def get_user(self, user_id: Any) -> User | None:
        return _unless_suspended(super().get_user(user_id))


def _unless_suspended(user: Any) -> User | None:
    return user if isinstance(user, User) and user.suspended_at is None else None
