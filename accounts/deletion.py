"""Deleting an account: everything personal goes at once, and what must stay keeps no name."""

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string

from accounts.models import User
from accounts.sign_in import sessions
from accounts.signals import account_deleting


def delete(user: User) -> None:
    """Delete the account with its keys, sessions, passkeys and addresses; other apps first let go of what is theirs.

    The keys die with the commit. A farewell goes to the address afterwards.
    """
    email = user.email
    with transaction.atomic():
        account_deleting.send(sender=User, user=user)
        sessions.end_all(user)
        user.delete()
        transaction.on_commit(lambda: _say_farewell(email), robust=True)


def _say_farewell(email: str) -> None:
    text = render_to_string("accounts/emails/account_deleted.txt", {"site_url": settings.SITE_URL})
    send_mail("Your account is deleted", text, None, [email])
