"""The email addresses of django-allauth: one row per user, which records whether the address is verified."""

from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from django.db.models import QuerySet

from accounts.models import User


def prepare_for_code(user: User) -> None:
    """Make sure that an emailed code verifies the user's address, unless the user has a second factor.

    A user created by a command has no EmailAddress, so it is created. With a second factor, the code alone must verify
    nothing: django-allauth verifies no address without a row, and creates the row after the second factor.
    """
    if get_adapter().is_mfa_enabled(user):
        EmailAddress.objects.filter(user=user, email=user.email, verified=False).delete()
        return
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": False, "primary": False})


def mark_verified(user: User) -> None:
    """Mark the user's address as verified without a code, for accounts created by a command."""
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})


def verified(user: User) -> QuerySet[EmailAddress]:
    """Return the row of the user's current address if it is verified."""
    addresses: QuerySet[EmailAddress] = EmailAddress.objects.filter(user=user, email=user.email, verified=True)
    return addresses


def is_verified(user: User) -> bool:
    """Return whether the user's current address is verified."""
    return verified(user).exists()
