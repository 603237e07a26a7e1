"""Credits for a new account: once for each verified address, also when the account was deleted in between."""

import uuid
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from billing import ledger
from billing.models import SignupGrant

SALT = "billing.signup_credits"


def grant_once(user_id: uuid.UUID, email: str) -> bool:
    """Grant SIGNUP_CREDITS unless this address or this account has had them; return whether it did."""
    if settings.SIGNUP_CREDITS < 1:
        return False
    subjects = [f"address:{email.strip().lower()}", f"account:{user_id}"]
    if SignupGrant.objects.filter(digest__in=[d for each in subjects for d in _digests(each)]).exists():
        return False
    try:
        with transaction.atomic():
            # Of two confirmations at once the second waits here, and then finds the digest taken.
            SignupGrant.objects.bulk_create(SignupGrant(digest=_digests(each)[0]) for each in subjects)
            ledger.grant(user_id, amount=settings.SIGNUP_CREDITS, reason="Welcome: the address is verified")
    except IntegrityError:
        return False
    return True


def on_email_confirmed(email_address: EmailAddress, **_: Any) -> None:
    """Give them when somebody has shown that the address is theirs."""
    grant_once(email_address.user_id, email_address.email)


def on_signed_up(user: Any, **_: Any) -> None:
    """Give them to somebody whose address another service has verified already."""
    verified = EmailAddress.objects.filter(user=user, verified=True).first()
    if verified is not None:
        grant_once(user.pk, verified.email)


def _digests(subject: str) -> list[bytes]:
    """Return the digest to keep, and those under earlier keys: changing SECRET_KEY gives nobody a second grant."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [salted_hmac(SALT, subject, secret=key, algorithm="sha256").digest() for key in keys]
