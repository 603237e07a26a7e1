"""Forms before signing in: they tell nobody which addresses are known, and know also people who never signed up.

Such are the owners of keys made by a command: a code sent to them can verify their address.
"""

from typing import Any

from allauth.account.forms import RequestLoginCodeForm, ResetPasswordForm, SignupForm
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from accounts.sign_in import email_addresses


class RequestCodeForm(RequestLoginCodeForm):  # type: ignore[misc]
    """Asks for a code to sign in with."""

    def clean_email(self) -> str:
        email: str = super().clean_email()
        if getattr(self, "_user", None):
            email_addresses.ensure_exists(self._user)
        return email


class ResetForm(ResetPasswordForm):  # type: ignore[misc]
    """Asks for a code to set a new password with."""

    def clean_email(self) -> str:
        email: str = super().clean_email()
        for user in self.users:
            email_addresses.ensure_exists(user)
        return email


class SignUpForm(SignupForm):  # type: ignore[misc]
    """Asks for an address, and for a password unless a passkey is to open the account."""

    def try_save(self, request: HttpRequest) -> Any:
        if self.account_already_exists and "password1" in self.cleaned_data:
            # As long as it takes to keep a password: a sooner answer would tell that the address is known.
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)
