"""Nobody gets into an account by having signed up with another person's address first.

Whoever signs up with an address that is not theirs chooses a password and waits. When its owner then comes in by a code
or a reset, the address is verified, and that password must not open what has become the owner's account.
"""

from typing import Any, Final

from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from django.dispatch import receiver
from django.http import HttpRequest

# The page where the person who signed up enters the code; everywhere else the password may be somebody else's.
SIGN_UP_PAGE: Final = "account_email_verification_sent"


@receiver(email_confirmed, sender=EmailAddress)
def discard_unverified_password(request: HttpRequest, email_address: EmailAddress, **_: Any) -> None:
    """Forget the password of an account whose address is verified for the first time, but not by who signed up."""
    user = email_address.user
    verified_on = request.resolver_match.url_name if request.resolver_match else None
    if user.last_login is None and verified_on != SIGN_UP_PAGE and user.has_usable_password():
        user.set_unusable_password()
        user.save(update_fields=["password"])
