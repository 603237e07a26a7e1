"""Sessions of signed-in users: their user, their end, and the notification that closes the sockets of their pages."""

import uuid
from importlib import import_module
from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import auth
from django.db import connection
from django.dispatch import receiver
from django.utils.crypto import constant_time_compare

from accounts.models import User


class SessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]
    """Sessions that a user signs out on the page of the sessions."""

    def end_sessions(self, sessions: list[UserSession]) -> None:
        super().end_sessions(sessions)
        for user_id in {session.user_id for session in sessions}:
            notify_ended(user_id)


def session_user_id(session_key: str) -> uuid.UUID | None:
    """Return the id of the session's user; None if the session has ended.

    `django.contrib.auth.get_user` and `channels.auth.get_user` are not used because they write: for a session created
    with an earlier SECRET_KEY they flush the session or change its key, and only the response to a page can send the
    browser the new cookie.
    """
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    backend = session.get(auth.BACKEND_SESSION_KEY)
    if backend not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = auth.load_backend(backend).get_user(session.get(auth.SESSION_KEY))
    if not isinstance(user, User):
        return None
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    stored = session.get(auth.HASH_SESSION_KEY, "")
    return user.pk if any(constant_time_compare(stored, session_hash) for session_hash in hashes) else None


def end_all(user: User) -> None:
    """Sign the user out of every browser, effective from its next request."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    sessions = UserSession.objects.filter(user=user)
    for key in sessions.values_list("session_key", flat=True):
        store(key).delete()
    sessions.delete()
    notify_ended(user.pk)


def notify_ended(user_id: uuid.UUID) -> None:
    """Notify the web processes that sessions of the user have ended, so that they close the sockets of their pages.

    Call it after the sessions are deleted: a process checks its sockets' sessions when the notification arrives.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('session_ended', %s)", [str(user_id)])


@receiver([password_changed, password_reset, password_set])
def notify_new_password(user: User, **_: Any) -> None:
    """A new password ends all other sessions, because a session contains a hash of the password."""
    notify_ended(user.pk)
