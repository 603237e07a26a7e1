"""Protection against pre-hijacking: signing up with another person's address to get into their account later.

The attacker chooses a password at sign-up and cannot verify the address. When its owner later signs in with a code or
resets the password, the address becomes verified, and the attacker's password must not work any more.
"""

from typing import Any, Final

from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from django.dispatch import receiver
from django.http import HttpRequest

# The page on which a user enters the code during sign-up, in the browser in which they chose the password.
SIGN_UP_PAGE: Final = "account_email_verification_sent"


@receiver(email_confirmed, sender=EmailAddress)
def discard_unverified_password(request: HttpRequest, email_address: EmailAddress, **_: Any) -> None:
    """Remove the account's password if its address is first verified outside of sign-up."""
    user = email_address.user
    page = request.resolver_match.url_name if request.resolver_match else None
    if user.last_login is None and page != SIGN_UP_PAGE and user.has_usable_password():
        user.set_unusable_password()
        user.save(update_fields=["password"])
