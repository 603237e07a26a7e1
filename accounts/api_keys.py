"""What an API key looks like, and how one is created, changed and revoked."""

import hashlib
import secrets
import string
import uuid
import zlib
from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.utils import timezone

from accounts.exceptions import KeyAlreadyCreated, KeyInactive, KeyLimitReached, KeyNotFound
from accounts.models import ApiKey, User
from infrastructure.exceptions import FieldError, InvalidArguments

PREFIX = "sk_"
SECRET_CHARACTERS = 40
CHECKSUM_CHARACTERS = 6
NAME_MAX_CHARACTERS = 80
LIVE_KEYS_PER_USER = 50
# What the column holds: PostgreSQL's integer.
CAP_MAX_CREDITS = 2**31 - 1

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
    request_id: uuid.UUID | None = None,
) -> tuple[ApiKey, str]:
    """Create a key and return it with its secret, which can never be shown again.

    Args:
        user: The owner.
        name: 1 to 80 characters, so that its owner recognises it.
        monthly_credit_cap: Credits it may spend in a calendar month (UTC); None for no cap.
        expires_at: When it stops working; None for never.
        allowed_models: Public ids of the models it may use; None for all.
        request_id: What the same request has again when it is repeated; a repetition creates nothing.

    Raises:
        InvalidArguments: The name is empty or too long, the cap is not positive, or the expiry has passed.
        KeyLimitReached: The user already holds 50 live keys.
        KeyAlreadyCreated: The request is a repetition; the key it made cannot be shown again.
    """
    name = _checked(name, monthly_credit_cap, expires_at)
    secret = new_secret()
    # A repeated request meets its own key: the id follows from it, and from the user, so that nobody meets another's.
    key_id = uuid.uuid5(user.pk, str(request_id)) if request_id else uuid.uuid4()
    with transaction.atomic():
        # The owner's row is the queue in which two creations at once are counted one after the other.
        User.objects.select_for_update().get(pk=user.pk)
        if ApiKey.objects.filter(pk=key_id).exists():
            raise KeyAlreadyCreated
        if count_live(user) >= LIVE_KEYS_PER_USER:
            raise KeyLimitReached(LIVE_KEYS_PER_USER)
        key = ApiKey.objects.create(
            id=key_id,
            user=user,
            name=name,
            digest=digest(secret),
            last_four=secret[-4:],
            monthly_credit_cap=monthly_credit_cap,
            expires_at=expires_at,
            allowed_models=None if allowed_models is None else sorted(allowed_models),
        )
    return key, secret


def _checked(name: str, monthly_credit_cap: int | None, expires_at: datetime | None) -> str:
    name = " ".join(name.split())
    wrong = []
    if not 1 <= len(name) <= NAME_MAX_CHARACTERS:
        wrong.append(FieldError("name", f"A key's name has 1 to {NAME_MAX_CHARACTERS} characters."))
    if monthly_credit_cap is not None and not 1 <= monthly_credit_cap <= CAP_MAX_CREDITS:
        wrong.append(FieldError("monthly_credit_cap", "A cap is at least 1 credit; leave it empty for none."))
    if expires_at is not None and expires_at <= timezone.now():
        wrong.append(FieldError("expires_at", "A key expires on a day to come; leave it empty for never."))
    if wrong:
        raise InvalidArguments(wrong)
    return name


def _is_live() -> Q:
    return Q(expires_at=None, revoked_at=None) | Q(expires_at__gt=timezone.now(), revoked_at=None)


def count_live(user: User) -> int:
    """Count the user's keys that still open a door."""
    return live(user).count()


def live(user: User) -> QuerySet[ApiKey]:
    """Return the user's keys that still open a door."""
    return ApiKey.objects.filter(_is_live(), user=user)


def list_for(user: User) -> QuerySet[ApiKey]:
    """Return the user's keys: those that work first, and among these and those the newest first."""
    works = ExpressionWrapper(_is_live(), output_field=BooleanField())
    return ApiKey.objects.filter(user=user).annotate(works=works).order_by("-works", "-created_at", "-id")


def find(user: User, key_id: uuid.UUID) -> ApiKey:
    """Return one of the user's keys.

    Raises:
        KeyNotFound: The user has none with this id.
    """
    key = ApiKey.objects.filter(user=user, pk=key_id).first()
    if key is None:
        raise KeyNotFound
    return key


def update(
    key: ApiKey,
    *,
    name: str,
    monthly_credit_cap: int | None,
    expires_at: datetime | None,
    allowed_models: Collection[str] | None,
) -> None:
    """Give a live key another name, cap, expiry and list of models, from the next request on.

    Raises:
        InvalidArguments: As in create.
        KeyEnded: It is revoked or expired, and stays so.
    """
    changed = ApiKey.objects.filter(_is_live(), pk=key.pk).update(
        name=_checked(name, monthly_credit_cap, expires_at),
        monthly_credit_cap=monthly_credit_cap,
        expires_at=expires_at,
        allowed_models=None if allowed_models is None else sorted(allowed_models),
    )
    if not changed:
        raise KeyInactive


def revoke(key: ApiKey) -> bool:
    """Stop the key for good, from the next request on. False when it was revoked before."""
    changed = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
    return bool(changed)
