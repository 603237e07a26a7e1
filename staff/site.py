"""The admin site: access control, the content security policy that Unfold needs, and the overview page."""

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
from django.urls import URLPattern, URLResolver
from unfold.sites import UnfoldAdminSite

from staff import overview

# Unfold's scripts (Alpine) evaluate expressions in its markup and set inline styles.
STAFF_POLICY: Final = {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]}


class StaffSite(UnfoldAdminSite):  # type: ignore[misc]
    """Admin site for users with is_staff and a second factor; signing in uses the website's pages."""

    index_title = "Overview"

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and not self._lacks_second_factor(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Redirect to the website's sign-in page, or to the set-up of a second factor if it is missing."""
        target = request.GET.get("next") or request.get_full_path()
        if not request.user.is_authenticated:
            return redirect_to_login(target)
        if not super().has_permission(request):
            raise PermissionDenied
        if self._lacks_second_factor(request):
            messages.error(request, "Staff accounts require two-step sign-in. Add an authenticator app or a passkey.")
            return redirect("mfa_index")
        return redirect("admin:index")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("account_change_password")

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        protected_view: Callable[..., HttpResponse] = super().admin_view(view, cacheable)
        return csp_update(STAFF_POLICY)(protected_view)  # type: ignore[return-value]

    def get_urls(self) -> list[URLResolver | URLPattern]:
        # No model has a page on the website, and Django's redirect to it fails with 500 on an invalid id.
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        context = overview.context(request) | (extra_context or {})
        return super().index(request, context)  # type: ignore[no-any-return]

    @staticmethod
    def _lacks_second_factor(request: HttpRequest) -> bool:
        return settings.STAFF_REQUIRE_MFA and not is_mfa_enabled(request.user)


def environment_label(_request: HttpRequest) -> tuple[str, str]:
    """Return the label that Unfold shows in the header of every page."""
    return "Staff", "warning"
