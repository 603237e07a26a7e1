"""What a page's view is given by somebody who has signed in."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class MemberRequest(HttpRequest):
    """A request that login_required has let pass: its user is one of ours."""

    user: User
    htmx: HtmxDetails
