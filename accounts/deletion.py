"""Account deletion: personal data is deleted at once, and ledger entries stay without the user."""

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string

from accounts.models import User
from accounts.sign_in import sessions
from accounts.signals import account_deleting


def delete(user: User) -> None:
    """Delete the account with its keys, sessions, passkeys and email addresses, and confirm it by email.

    Receivers of `account_deleting` delete or anonymize the data of other apps in the same transaction. The email is
    sent after the commit.
    """
    email = user.email
    with transaction.atomic():
        account_deleting.send(sender=User, user=user)
        sessions.end_all(user)
        user.delete()
        transaction.on_commit(lambda: _send_confirmation(email), robust=True)


def _send_confirmation(email: str) -> None:
    text = render_to_string("accounts/emails/account_deleted.txt", {"site_url": settings.SITE_URL})
    send_mail("Your account was deleted", text, None, [email])
