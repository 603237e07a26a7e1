"""Email about the first connection of an app, so that a connection that the owner did not approve is noticed."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import ApiKey


def send_connected(connection: ApiKey) -> None:
    """Send the owner the app's name, its limits and how to disconnect it.

    The name of the app is its own choice, so it is not in the subject.
    """
    context = {"connection": connection, "now": timezone.now(), "site_url": settings.SITE_URL}
    text = render_to_string("accounts/emails/app_connected.txt", context)
    send_mail("An app was connected to your account", text, None, [connection.user.email])
