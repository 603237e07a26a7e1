"""Passwords entered outside of the sign-in form: at sign-up and on the page that changes the password.

Each is recorded like a sign-in with the password, so that a sensitive change soon afterwards does not require it again.
"""

from typing import Any

# No public function records an authentication. The views of django-allauth do it in the same way.
from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed, password_changed
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import User
from accounts.sign_in.prehijack_protection import SIGN_UP_PAGE

METHOD = "password"


@receiver(email_confirmed, sender=EmailAddress)
def record_sign_up(request: HttpRequest, email_address: EmailAddress, **_: Any) -> None:
    """Record the password of a new account when the code is entered in the browser that chose the password."""
    user = email_address.user
    page = request.resolver_match.url_name if request.resolver_match else None
    # The same page verifies a changed address, which proves no password. Only a new account was never signed in to.
    if user.last_login is None and page == SIGN_UP_PAGE and user.has_usable_password():
        record_authentication(request, user, method=METHOD)


@receiver(password_changed)
def record_change(request: HttpRequest, user: User, **_: Any) -> None:
    """Record the current password, which the form for a new one requires."""
    record_authentication(request, user, method=METHOD)
