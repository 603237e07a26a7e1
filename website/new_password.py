"""Page for the new password, the last step of a password reset."""

from allauth.account.views import complete_password_reset
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.sign_in.password_reset import second_factor_response


def new_password(request: HttpRequest) -> HttpResponseBase:
    """Ask for the second factor of the account if it has one; then show django-allauth's page for the new password."""
    response: HttpResponseBase = second_factor_response(request) or complete_password_reset(request)
    return response
