"""The email addresses of django-allauth: one row per user, which records whether the address is verified."""

from allauth.account.models import EmailAddress

from accounts.models import User


def ensure_exists(user: User) -> None:
    """Create the EmailAddress of a user created by a command, if it is missing, so that a code can verify it."""
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": False, "primary": False})


def mark_verified(user: User) -> None:
    """Mark the user's address as verified without a code, for accounts created by a command."""
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})


def is_verified(user: User) -> bool:
    """Return whether the user's current address is verified."""
    return bool(EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists())
