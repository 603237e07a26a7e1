"""Forms with an email address. Their responses do not reveal whether an account exists.

They accept every spelling of an address and use its normal form. They also accept users created by a command together
with an API key: a code sent to such a user verifies the address.
"""

from typing import Any

from allauth.account.fields import EmailField
from allauth.account.forms import AddEmailForm, LoginForm, RequestLoginCodeForm, ResetPasswordForm, SignupForm
from allauth.socialaccount.forms import SignupForm as SocialSignupForm
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from accounts import email_normalization
from accounts.sign_in import email_addresses


class AddressField(EmailField):  # type: ignore[misc]
    """An email address in any spelling. The cleaned value is its normal form, which the validators then check."""

    def to_python(self, value: Any) -> str:
        # The base class strips spaces; the form's message for an empty value stays.
        text: str = super().to_python(value)
        return email_normalization.normalize(text) if text else text


class SignInForm(LoginForm):  # type: ignore[misc]
    """Sign-in with a password. The counter of failed attempts is that of the address's normal form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = AddressField()
        self.order_fields(["login", "password"])


class RequestCodeForm(RequestLoginCodeForm):  # type: ignore[misc]
    """Form that requests a sign-in code."""

    email = AddressField()

    def clean_email(self) -> str:
        email: str = super().clean_email()
        # django-allauth keeps the user in this private attribute; None if the address is unknown.
        if getattr(self, "_user", None):
            email_addresses.prepare_for_code(self._user)
        return email


class ResetForm(ResetPasswordForm):  # type: ignore[misc]
    """Form that requests a code to reset the password."""

    email = AddressField()

    def clean_email(self) -> str:
        email: str = super().clean_email()
        for user in self.users:
            email_addresses.prepare_for_code(user)
        return email


class SignUpForm(SignupForm):  # type: ignore[misc]
    """Sign-up form, with a password unless the account is created with a passkey."""

    email = AddressField()

    def try_save(self, request: HttpRequest) -> Any:
        if self.account_already_exists and "password1" in self.cleaned_data:
            # Hash the password as for a new account: a faster response would reveal that the address is known.
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)


class ProviderSignUpForm(SocialSignupForm):  # type: ignore[misc]
    """Sign-up form after an identity provider that returned no usable address."""

    email = AddressField()


class ChangeEmailForm(AddEmailForm):  # type: ignore[misc]
    """Form that requests a code for the new address of an account."""

    email = AddressField()
