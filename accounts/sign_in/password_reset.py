"""Password reset of an account with a second factor: the factor is passed before the new password is chosen."""

from typing import Any

from allauth.account.adapter import get_adapter

# No public function reads the state of a reset. CompletePasswordResetView reads it in the same way.
from allauth.account.internal.flows.password_reset_by_code import PasswordResetVerificationProcess
from allauth.account.signals import password_reset
from allauth.account.utils import perform_login
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.models import UserSession
from django.contrib.auth import update_session_auth_hash
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.models import User

NEW_PASSWORD_PAGE = "account_complete_password_reset"  # noqa: S105 - the name of a URL


def second_factor_response(request: HttpRequest) -> HttpResponse | None:
    """Return the response that requires the second factor, or None if the new password may be chosen.

    The code from the email has been entered, which is as much as a sign-in with a code requires: the user signs in with
    the second factor and returns to the page for the new password.
    """
    reset = PasswordResetVerificationProcess.resume(request)
    if reset is None or not reset.state.get("code_confirmed"):
        return None
    user = reset.user
    if user is None or not is_mfa_enabled(user) or request.user == user:
        return None
    if request.user.is_authenticated:
        # Another user's session. Signing out also removes the state of the reset.
        get_adapter(request).logout(request)
        reset.persist()
    response: HttpResponse = perform_login(
        request, user, email=reset.state["email"], redirect_url=reverse(NEW_PASSWORD_PAGE)
    )
    return response


@receiver(password_reset)
def keep_signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    """Keep the session of a user who signed in to reset the password. All other sessions of the user end."""
    if request.user == user:
        update_session_auth_hash(request, user)
        UserSession.objects.create_from_request(request)
