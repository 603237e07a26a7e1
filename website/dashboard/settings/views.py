"""The settings page: sign-in methods, security, appearance, data export and account deletion."""

# No public function does this. The decorator `reauthentication_required` uses it in the same way.
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings as configuration
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.sign_in.adapters import DELETION_APP
from images.exports import lifecycle


@require_safe
@login_required
def settings(request: HttpRequest) -> HttpResponse:
    """Show the settings with the current state of each."""
    assert isinstance(request.user, User)  # noqa: S101
    return render(
        request,
        "website/dashboard/settings/page.html",
        {
            "security": _security_state(request.user),
            "export": lifecycle.latest(request.user),
            "deletion_requires_confirmation": is_reauthentication_required(request, app=DELETION_APP),
        },
    )


def _security_state(user: User) -> dict[str, object]:
    types = list(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    return {
        "has_password": user.has_usable_password(),
        "passkeys": types.count(Authenticator.Type.WEBAUTHN),
        "has_app": Authenticator.Type.TOTP in types,
        "has_recovery_codes": Authenticator.Type.RECOVERY_CODES in types,
        "providers": sorted(configuration.SOCIALACCOUNT_PROVIDERS),
        "connections": SocialAccount.objects.filter(user=user).count(),
    }
