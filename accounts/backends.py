"""Who a session belongs to, as long as staff have not suspended them.

Signing in tells a suspended user so, once they have shown who they are (accounts/adapter.py); an open session of theirs
ends with its next request.
"""

from typing import Any

from allauth.account import auth_backends
from django.contrib.auth import backends

from accounts.models import User


class ModelBackend(backends.ModelBackend):
    """Django's own: passwords and permissions."""

    def get_user(self, user_id: Any) -> User | None:
        return _standing(super().get_user(user_id))


class AuthenticationBackend(auth_backends.AuthenticationBackend):  # type: ignore[misc]
    """django-allauth's: addresses, codes and passkeys."""

    def get_user(self, user_id: Any) -> User | None:
        return _standing(super().get_user(user_id))


def _standing(user: Any) -> User | None:
    return user if isinstance(user, User) and user.suspended_at is None else None
