"""Responses to requests that fail before they reach a view."""

from typing import Any, Final

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.deprecation import MiddlewareMixin
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import defaults

from api import asgi, problems
from api.openai_compatible import errors
from website import page_redirects

# Forms that need no session. Each of them may be the form that has just signed the person in.
SIGN_IN_STEPS: Final = frozenset(
    {
        *("account_login", "account_signup", "account_signup_by_passkey", "account_email_verification_sent"),
        *("account_request_login_code", "account_confirm_login_code", "account_reset_password"),
        *("account_confirm_password_reset_code", "account_complete_password_reset"),
        *("mfa_authenticate", "mfa_login_webauthn", "mfa_signup_webauthn", "socialaccount_signup"),
        *("google_login", "github_login"),
    }
)
DASHBOARD_PREFIX: Final = "/dashboard/"
# Django's debug pages contain inline styles and scripts, and this text.
DEBUG_PAGE_TEXT: Final = b"<code>DEBUG = True</code>"
DEBUG_PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Handle 400 responses of Django, such as for an unknown host: an error document below the APIs, else a page."""
    if request.path.startswith(asgi.OPENAI_PREFIX):
        error = problems.BadRequest()
        return JsonResponse(errors.document(error), status=errors.status(error))
    if request.path.startswith(asgi.PREFIXES):
        return problems.json_response(problems.BadRequest())
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Handle a URL without a page. Below the dashboard, a signed-in user keeps its navigation."""
    if request.path.startswith(DASHBOARD_PREFIX) and request.user.is_authenticated:
        return render(request, "website/dashboard/not_found.html", status=404)
    return defaults.page_not_found(request, exception)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Handle a form without a valid CSRF token.

    Signing in replaces the token. A sign-in form that is submitted twice is therefore stale although the person is
    signed in, and leads to the requested page. Any other form leads to sign-in if the session has ended.
    """
    name = request.resolver_match.url_name if request.resolver_match else None
    is_signed_in, is_sign_in_step = request.user.is_authenticated, name in SIGN_IN_STEPS
    if is_signed_in and is_sign_in_step:
        return redirect(_requested_page(request) or settings.LOGIN_REDIRECT_URL)
    if not is_signed_in and not is_sign_in_step:
        return page_redirects.sign_in_redirect(request)
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=403, headers={"X-Stale-Form": "true"})
    return render(request, "403_csrf.html", {"form_page": page_redirects.open_page(request)}, status=403)


def _requested_page(request: HttpRequest) -> str | None:
    url = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME)
    is_safe = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return url if is_safe else None


class ContentSecurityPolicy(CSPMiddleware):
    """Sends the site's policy with error pages in development too, where django-csp leaves it out.

    Without this header, the strict policy of responses without one would block the styles of the page.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Set the policy; Django's page with a traceback gets one that allows its inline code."""
        response = super().process_response(request, response)
        if settings.DEBUG and HEADER not in response and not getattr(response, "_csp_exempt", False):
            response[HEADER] = DEBUG_PAGE_POLICY if _is_debug_page(response) else build_policy()
        return response


def _is_debug_page(response: HttpResponseBase) -> bool:
    return isinstance(response, HttpResponse) and DEBUG_PAGE_TEXT in response.content


class OwnBadRequest(MiddlewareMixin):
    """Shows the site's 400 response in development too. Belongs above the middleware that rejects hosts."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Replace Django's debug page of status 400. The tracebacks of other errors stay."""
        if response.status_code != 400 or not _is_debug_page(response):
            return response
        return bad_request(request, Exception())


class OwnNotFound(MiddlewareMixin):
    """Shows the site's 404 page in development too, instead of Django's debug page with the list of URL patterns."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        """Replace Django's debug page of status 404. A page that a view wrote itself stays."""
        if response.status_code != 404 or not _is_debug_page(response):
            return response
        return not_found(request, Http404())
