"""Credits for new users, granted once per verified email address even if the account is deleted and created again."""

import uuid
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from accounts import email_normalization
from billing import ledger
from billing.models import SignupGrant

SALT = "billing.signup_credits"


def grant_once(user_id: uuid.UUID, email: str) -> bool:
    """Grant SIGNUP_CREDITS unless this address or this user received them before; return whether they were granted."""
    if settings.SIGNUP_CREDITS < 1:
        return False
    subjects = [f"address:{email_normalization.normalize(email)}", f"account:{user_id}"]
    digests = [digest for subject in subjects for digest in _digests(subject)]
    if SignupGrant.objects.filter(digest__in=digests).exists():
        return False
    try:
        with transaction.atomic():
            # A concurrent confirmation waits here for the digest's unique key, then fails on it.
            SignupGrant.objects.bulk_create(SignupGrant(digest=_digests(subject)[0]) for subject in subjects)
            ledger.grant(user_id, amount=settings.SIGNUP_CREDITS, reason="Welcome credits: email address verified")
    except IntegrityError:
        return False
    return True


def on_email_confirmed(email_address: EmailAddress, **_: Any) -> None:
    """Grant the credits when a user confirms their email address."""
    grant_once(email_address.user_id, email_address.email)


def on_signed_up(user: Any, **_: Any) -> None:
    """Grant the credits at sign-up if an identity provider verified the email address."""
    verified = EmailAddress.objects.filter(user=user, verified=True).first()
    if verified is not None:
        grant_once(user.pk, verified.email)


def _digests(subject: str) -> list[bytes]:
    """Return the digest to store, then those with earlier keys: a changed SECRET_KEY allows no second grant."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [salted_hmac(SALT, subject, secret=key, algorithm="sha256").digest() for key in keys]
