"""Forms that send a code: they also know people who never signed up, such as owners of keys made by a command."""

from allauth.account.forms import RequestLoginCodeForm, ResetPasswordForm

from accounts import addresses


class RequestCodeForm(RequestLoginCodeForm):  # type: ignore[misc]
    """Asks for a code to sign in with."""

    def clean_email(self) -> str:
        email: str = super().clean_email()
        if getattr(self, "_user", None):
            addresses.know(self._user)
        return email


class ResetForm(ResetPasswordForm):  # type: ignore[misc]
    """Asks for a code to set a new password with."""

    def clean_email(self) -> str:
        email: str = super().clean_email()
        for user in self.users:
            addresses.know(user)
        return email
