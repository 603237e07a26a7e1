"""E-mail addresses as sign-in knows them: one row for each user's, with whether it was verified."""

from allauth.account.internal.flows.manage_email import sync_user_email_address
from allauth.account.models import EmailAddress

from accounts.models import User


def ensure_exists(user: User) -> None:
    """Write down the address of somebody who did not sign up themselves, so that a code sent to it can verify it."""
    sync_user_email_address(user)


def mark_verified(user: User) -> None:
    """Say that the user's address is theirs without asking them: for accounts made on this machine."""
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})


def is_verified(user: User) -> bool:
    """Tell whether the user has shown that their address is theirs."""
    return bool(EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists())
