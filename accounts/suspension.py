"""Suspending an account and restoring it: its keys and sessions stop at once, its credits and images stay."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.sign_in import sessions


def suspend(user: User) -> bool:
    """Stop the account: every key is refused from its next request on, and every session ends. False if it was so."""
    with transaction.atomic():
        changed = User.objects.filter(pk=user.pk, suspended_at=None).update(suspended_at=timezone.now())
        sessions.end_all(user)
    return bool(changed)


def restore(user: User) -> bool:
    """Let the account go on; its owner signs in again. False if it was not suspended."""
    return bool(User.objects.filter(pk=user.pk, suspended_at__isnull=False).update(suspended_at=None))
