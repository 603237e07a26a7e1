"""Suspension and restoration of accounts. A suspended account keeps its credits and images."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.sign_in import sessions


def suspend(user: User) -> bool:
    """Reject the account's API keys and end its sessions. Return False if it was already suspended."""
    with transaction.atomic():
        changed = User.objects.filter(pk=user.pk, suspended_at=None).update(suspended_at=timezone.now())
        sessions.end_all(user)
    return bool(changed)


def restore(user: User) -> bool:
    """Allow sign-in and API keys again. Return False if the account was not suspended."""
    return bool(User.objects.filter(pk=user.pk, suspended_at__isnull=False).update(suspended_at=None))
