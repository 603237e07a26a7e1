"""Adapters of django-allauth: error messages, suspended users, passkey names and identity providers."""

import time
from typing import Any, Final

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records

# No public function does this. DefaultAccountAdapter.pre_login uses it in the same way for inactive users.
from allauth.account.internal.stagekit import clear_login
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts import email_normalization
from accounts.models import User
from accounts.sign_in import sessions
from infrastructure.http.client_address import client_address

TOO_MANY_ATTEMPTS = "Too many attempts. Try again in 10 minutes, or use a passkey or an emailed code."
# The `app` that the deletion page passes to the reauthentication check. A deletion cannot be undone.
DELETION_APP: Final = "accounts"
# Sign-in methods that count as a confirmation: a code by email does not, because it proves only access to the mailbox.
CONFIRMING_METHODS: Final = frozenset({"password", "mfa"})
INCORRECT_CODE = "This code is incorrect or has expired."
# A server on a Unix socket has no peer address. Sessions and counters need one.
UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104 - not bound
SECOND_FACTOR_STAGE = "allauth.mfa.stages.AuthenticateStage"
VERIFICATION_STAGE = "allauth.account.stages.EmailVerificationStage"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts without user names. Refuses sign-in to suspended users."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "That email and password don't match.",
        "too_many_login_attempts": TOO_MANY_ATTEMPTS,
        "rate_limited": TOO_MANY_ATTEMPTS,
        "incorrect_code": INCORRECT_CODE,
        "incorrect_password": "Incorrect password.",
        "enter_current_password": "Your current password is incorrect.",
        "duplicate_email": "This is already your email address.",
    }

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send an email that is signed with the site's URL, like all others."""
        super().send_mail(template_prefix, email, {"site_url": settings.SITE_URL, **context})

    def logout(self, request: HttpRequest) -> None:
        """End the session, and notify the web processes so that they close the sockets of its open pages."""
        user_id = request.user.pk
        super().logout(request)
        if user_id is not None:
            sessions.notify_ended(user_id)

    def pre_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse | None:
        """Refuse a suspended user.

        This runs after the user has proved their identity, so that the page does not reveal to others which accounts
        exist or are suspended.
        """
        if user.suspended_at is not None:
            clear_login(request)
            return self.respond_user_inactive(request, user)
        response: HttpResponse | None = super().pre_login(request, user, **options)
        return response

    def is_reauthentication_required(self, *, app: str, **options: Any) -> bool:
        """Accept a recent sign-in with a password or a second factor as the confirmation of a sensitive change."""
        required: bool = super().is_reauthentication_required(app=app, **options)
        return required and (app == DELETION_APP or not _signed_in_recently(self.request))

    def get_reauthentication_methods(self, user: User) -> list[dict[str, str]]:
        """Name the methods as the rest of the site does, and only those that the user has set up."""
        # On the request, because django-allauth needs them twice for a page, and creates a new adapter for every call.
        found: list[dict[str, str]] | None = getattr(self.request, "reauthentication_methods", None)
        if found is None:
            found = self.request.reauthentication_methods = self._reauthentication_methods(user)
        return found

    def _reauthentication_methods(self, user: User) -> list[dict[str, str]]:
        methods: list[dict[str, str]] = super().get_reauthentication_methods(user)
        # A signed-out user has none.
        if not methods:
            return methods
        has_app = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()
        code = "Use a code from your app" if has_app else "Use a recovery code"
        names = {"mfa_reauthenticate": code, "mfa_reauthenticate:webauthn": "Use your passkey"}
        return [{**method, "description": names.get(method["id"], method["description"])} for method in methods]

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:  # noqa: ARG002
        return redirect("account_inactive")

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the client's address by the same rule as the API. Never raises: that would stop every sign-in."""
        peer, forwarded_for = request.META.get("REMOTE_ADDR"), request.headers.get("X-Forwarded-For", "")
        return client_address(peer, forwarded_for, trusted_proxies=settings.TRUSTED_PROXIES) or UNKNOWN_ADDRESS

    def clean_email(self, email: str) -> str:
        """Return the normal form of an address from a form or from an identity provider.

        An identity provider vouches for exactly one mailbox: a part before the @ that only becomes the normal form by
        folding look-alike characters is another mailbox, and is refused. Forms pass addresses in normal form.

        Raises:
            ValidationError: The address has no normal form.
        """
        normal = email_normalization.normalize(email)
        if normal.rpartition("@")[0] != email.rpartition("@")[0].lower():
            raise ValidationError(email_normalization.INVALID, code="invalid")
        return normal

    def get_login_stages(self) -> list[str]:
        """Return the steps of sign-in, with the second factor before the step that verifies the address.

        Nothing in an account changes until every factor is passed.
        """
        stages: list[str] = super().get_login_stages()
        stages.remove(SECOND_FACTOR_STAGE)
        stages.insert(stages.index(VERIFICATION_STAGE), SECOND_FACTOR_STAGE)
        return stages

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002
        """Return to the settings, which show the message that the password was changed, without an empty form."""
        return reverse("settings")

    def get_user_search_fields(self) -> list[str]:
        return ["email"]


def _signed_in_recently(request: HttpRequest) -> bool:
    since = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
    records = get_authentication_records(request, request.user)
    return any(record["method"] in CONFIRMING_METHODS and record["at"] > since for record in records)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Passkeys, authenticator apps and recovery codes."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": INCORRECT_CODE,
        "unverified_email": "Verify your email address first.",
    }

    def generate_authenticator_name(self, user: User, type: Any) -> str:  # noqa: A002
        """Return the default name of a new passkey."""
        count = Authenticator.objects.filter(user=user, type=type).count()
        return f"Passkey {count + 1}" if count else "Passkey"


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Google and GitHub. Caches the configured providers for the duration of a request."""

    def list_apps(self, request: Any, provider: Any = None, client_id: Any = None) -> list[Any]:
        """Return the matching providers, with one query per request instead of one per connected account on a page."""
        if request is None:
            return list(super().list_apps(request, provider=provider, client_id=client_id))
        # On the request, because django-allauth creates a new adapter for every call.
        if not hasattr(request, "provider_apps"):
            request.provider_apps = {}
        cache: dict[tuple[Any, Any], list[Any]] = request.provider_apps
        key = (provider, client_id)
        if key not in cache:
            cache[key] = super().list_apps(request, provider=provider, client_id=client_id)
        return cache[key]
