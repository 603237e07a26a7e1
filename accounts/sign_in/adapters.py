"""What our accounts do differently from django-allauth's: its words, and who may not come in."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models import User

TOO_MANY_TRIES = "Too many tries. Try again in 10 minutes, or use a passkey."
WRONG_CODE = "That code is not right, or its time is over."


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts without user names, in our own words."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "That email and password don't match.",
        "too_many_login_attempts": TOO_MANY_TRIES,
        "rate_limited": TOO_MANY_TRIES,
        "incorrect_code": WRONG_CODE,
        "incorrect_password": "That is not your password.",
        "enter_current_password": "That is not your present password.",
        "duplicate_email": "That is the address you have now.",
    }

    def pre_login(self, request: HttpRequest, user: User, **facts: Any) -> HttpResponse | None:
        """Turn away whom staff have suspended: only here, where they have shown who they are."""
        if user.suspended_at is not None:
            clear_login(request)
            return self.respond_user_inactive(request, user)
        answer: HttpResponse | None = super().pre_login(request, user, **facts)
        return answer

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:  # noqa: ARG002
        return redirect("account_inactive")

    def get_user_search_fields(self) -> list[str]:
        return ["email"]


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Passkeys, authenticator apps and recovery codes, in our own words."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": WRONG_CODE,
        "unverified_email": "Verify your email address first.",
    }

    def generate_authenticator_name(self, user: User, type: Any) -> str:  # noqa: A002
        """Return a name for a passkey that was given none."""
        count = Authenticator.objects.filter(user=user, type=type).count()
        return f"Passkey {count + 1}" if count else "Passkey"


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Google and GitHub: which of them there are is asked once for a page, however many accounts it lists."""

    def list_apps(self, request: HttpRequest | None, provider: Any = None, client_id: Any = None) -> list[Any]:
        known: dict[Any, list[Any]] = vars(request).setdefault("_providers_known", {}) if request else {}
        asked = provider, client_id
        if asked not in known:
            known[asked] = super().list_apps(request, provider=provider, client_id=client_id)
        return known[asked]
