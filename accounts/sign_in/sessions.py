"""Sessions of signed-in users."""

from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings

from accounts.models import User


def end_all(user: User) -> None:
    """Sign the user out of every browser, effective from its next request."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    sessions = UserSession.objects.filter(user=user)
    for key in sessions.values_list("session_key", flat=True):
        store(key).delete()
    sessions.delete()
