"""The settings: what guards the account, how the site looks, a copy of everything, and the way out.

The parts about images and exports are template tags of the app that knows them: this app must not.
"""

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings as configuration
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from images.exports import lifecycle


@require_safe
@login_required
def settings(request: HttpRequest) -> HttpResponse:
    """Show each part of the settings with its state."""
    assert isinstance(request.user, User)  # noqa: S101
    return render(
        request,
        "website/dashboard/settings/page.html",
        {"guards": _guards(request.user), "export": lifecycle.latest(request.user)},
    )


def _guards(user: User) -> dict[str, object]:
    kinds = list(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    return {
        "has_password": user.has_usable_password(),
        "passkeys": kinds.count(Authenticator.Type.WEBAUTHN),
        "has_app": Authenticator.Type.TOTP in kinds,
        "has_recovery_codes": Authenticator.Type.RECOVERY_CODES in kinds,
        "providers": sorted(configuration.SOCIALACCOUNT_PROVIDERS),
        "connections": SocialAccount.objects.filter(user=user).count(),
    }
