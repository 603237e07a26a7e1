"""What an API key looks like, and how one is created and revoked."""

import hashlib
import secrets
import string
import zlib
from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.exceptions import InvalidArguments, KeyLimitReached, WrongField
from accounts.models import ApiKey, User

PREFIX = "sk_"
SECRET_CHARACTERS = 40
CHECKSUM_CHARACTERS = 6
NAME_MAX_CHARACTERS = 80
LIVE_KEYS_PER_USER = 50

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase


def checksum(body: str) -> str:
    """Return the CRC-32 of the random part as six base-62 characters, as a secret scanner would compute it."""
    value = zlib.crc32(body.encode())
    characters = []
    for _ in range(CHECKSUM_CHARACTERS):
        value, digit = divmod(value, len(ALPHABET))
        characters.append(ALPHABET[digit])
    return "".join(reversed(characters))


def new_secret() -> str:
    """Return `sk_`, 40 random base-62 characters (238 bits) and their checksum."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(SECRET_CHARACTERS))
    return PREFIX + body + checksum(body)


def is_well_formed(secret: str) -> bool:
    """Tell a key of ours from a mistyped or foreign one without asking the database."""
    body, tail = secret[len(PREFIX) : -CHECKSUM_CHARACTERS], secret[-CHECKSUM_CHARACTERS:]
    return (
        secret.startswith(PREFIX)
        and len(body) == SECRET_CHARACTERS
        and secret.isascii()
        and secrets.compare_digest(checksum(body), tail)
    )


def digest(secret: str) -> bytes:
    """Return what is stored of a key. A random 238-bit secret needs no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def create(
    user: User,
    *,
    name: str,
    monthly_credit_cap: int | None = None,
    expires_at: datetime | None = None,
    allowed_models: Collection[str] | None = None,
) -> tuple[ApiKey, str]:
    """Create a key and return it with its secret, which can never be shown again.

    Args:
        user: The owner.
        name: 1 to 80 characters, so that its owner recognises it.
        monthly_credit_cap: Credits it may spend in a calendar month (UTC); None for no cap.
        expires_at: When it stops working; None for never.
        allowed_models: Public ids of the models it may use; None for all.

    Raises:
        InvalidArguments: The name is empty or too long.
        KeyLimitReached: The user already holds 50 live keys.
    """
    name = name.strip()
    if not 1 <= len(name) <= NAME_MAX_CHARACTERS:
        raise InvalidArguments([WrongField("name", f"A key's name has 1 to {NAME_MAX_CHARACTERS} characters.")])
    secret = new_secret()
    with transaction.atomic():
        # The owner's row is the queue in which two creations at once are counted one after the other.
        User.objects.select_for_update().get(pk=user.pk)
        if live(user) >= LIVE_KEYS_PER_USER:
            raise KeyLimitReached(LIVE_KEYS_PER_USER)
        key = ApiKey.objects.create(
            user=user,
            name=name,
            digest=digest(secret),
            last_four=secret[-4:],
            monthly_credit_cap=monthly_credit_cap,
            expires_at=expires_at,
            allowed_models=None if allowed_models is None else sorted(allowed_models),
        )
    return key, secret


def live(user: User) -> int:
    """Count the user's keys that still open a door."""
    unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return user.api_keys.filter(unexpired, revoked_at=None).count()


def revoke(key: ApiKey) -> bool:
    """Stop the key for good, from the next request on. False when it was revoked before."""
    changed = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
    return bool(changed)
