"""Forms used before sign-in. Their responses do not reveal whether an account exists.

They also accept users created by a command together with an API key: a code sent to such a user verifies the
address.
"""

from typing import Any

from allauth.account.forms import RequestLoginCodeForm, ResetPasswordForm, SignupForm
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from accounts.sign_in import email_addresses


class RequestCodeForm(RequestLoginCodeForm):  # type: ignore[misc]
    """Form that requests a sign-in code."""

    def clean_email(self) -> str:
        email: str = super().clean_email()
        # django-allauth keeps the user in this private attribute; None if the address is unknown.
        if getattr(self, "_user", None):
            email_addresses.ensure_exists(self._user)
        return email


class ResetForm(ResetPasswordForm):  # type: ignore[misc]
    """Form that requests a code to reset the password."""

    def clean_email(self) -> str:
        email: str = super().clean_email()
        for user in self.users:
            email_addresses.ensure_exists(user)
        return email


class SignUpForm(SignupForm):  # type: ignore[misc]
    """Sign-up form, with a password unless the account is created with a passkey."""

    def try_save(self, request: HttpRequest) -> Any:
        if self.account_already_exists and "password1" in self.cleaned_data:
            # Hash the password as for a new account: a faster response would reveal that the address is known.
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)
