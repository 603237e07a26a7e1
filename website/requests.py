"""Request type of views that require sign-in."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class MemberRequest(HttpRequest):
    """A request of a signed-in user, as views behind `login_required` receive it."""

    user: User
    htmx: HtmxDetails
