"""The admin site: who may enter, the policy that its scripts need, and the overview as its first page."""

from collections.abc import Callable
from typing import Any, Final

from allauth.mfa.utils import is_mfa_enabled
from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from unfold.sites import UnfoldAdminSite

from staff import overview

# Unfold's scripts (Alpine) evaluate expressions that stand in its markup, and set styles there.
STAFF_POLICY: Final = {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]}


class StaffSite(UnfoldAdminSite):  # type: ignore[misc]
    """Signing in is the rest of the site's, with its second factor."""

    index_title = "Overview"

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and not self._lacks_second_factor(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Lead to the site's own sign-in, or to what is still missing."""
        target = request.GET.get("next") or request.get_full_path()
        if not request.user.is_authenticated:
            return redirect_to_login(target)
        if not super().has_permission(request):
            raise PermissionDenied
        if self._lacks_second_factor(request):
            messages.error(request, "Staff need a second factor: add an authenticator app or a passkey first.")
            return redirect("mfa_index")
        return redirect("admin:index")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("account_change_password")

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        guarded: Callable[..., HttpResponse] = super().admin_view(view, cacheable)
        return csp_update(STAFF_POLICY)(guarded)  # type: ignore[return-value]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        context = overview.context(request) | (extra_context or {})
        return super().index(request, context)  # type: ignore[no-any-return]

    @staticmethod
    def _lacks_second_factor(request: HttpRequest) -> bool:
        return settings.STAFF_REQUIRE_MFA and not is_mfa_enabled(request.user)


def environment_label(_request: HttpRequest) -> tuple[str, str]:
    """Say on every page that it is the staff's."""
    return "Staff", "warning"
