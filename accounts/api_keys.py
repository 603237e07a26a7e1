"""API keys and connections: the format of secrets, and functions to create, list, update and revoke them."""

import hashlib
import secrets
import string
import uuid
import zlib
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.utils import timezone

from accounts.exceptions import KeyAlreadyCreated, KeyInactive, KeyLimitReached, KeyNotFound
from accounts.models import ApiKey, AuthorizationCode, OAuthToken, User
from infrastructure.exceptions import FieldError, InvalidArguments

PREFIX = "sk_"
SECRET_CHARACTERS = 40
CHECKSUM_CHARACTERS = 6
NAME_MAX_CHARACTERS = 80
LIVE_KEYS_PER_USER = 50
# The largest value of the columns, PostgreSQL integers.
CAP_MAX_CREDITS = 2**31 - 1

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase


def checksum(body: str) -> str:
    """Return the CRC-32 of the random part in base 62, padded to six characters.

    Secret scanners can compute it to recognize a key without calling the service.
    """
    value = zlib.crc32(body.encode())
    characters = []
    for _ in range(CHECKSUM_CHARACTERS):
        value, digit = divmod(value, len(ALPHABET))
        characters.append(ALPHABET[digit])
    return "".join(reversed(characters))


def random_text() -> str:
    """Return 40 random base-62 characters (238 bits)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(SECRET_CHARACTERS))


def new_secret(prefix: str = PREFIX) -> str:
    """Return a prefix, random text and its checksum: a key (`sk_`) or a token."""
    body = random_text()
    return prefix + body + checksum(body)


def is_well_formed(secret: str, *, prefix: str = PREFIX) -> bool:
    """Check prefix, length and checksum, which rejects mistyped and foreign keys without a query."""
    body, tail = secret[len(prefix) : -CHECKSUM_CHARACTERS], secret[-CHECKSUM_CHARACTERS:]
    return (
        secret.startswith(prefix)
        and len(body) == SECRET_CHARACTERS
        and secret.isascii()
        and secrets.compare_digest(checksum(body), tail)
    )


def digest(secret: str) -> bytes:
    """Return the SHA-256 of a secret, the only form that is stored. A random 238-bit secret needs no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def create(
    user: User,
    *,
    name: str,
    monthly_credit_cap: int | None = None,
    confirm_above: int | None = None,
    expires_at: datetime | None = None,
    allowed_models: Collection[str] | None = None,
    request_id: uuid.UUID | None = None,
) -> tuple[ApiKey, str]:
    """Create a key and return it with its secret, which is not stored and cannot be shown again.

    Args:
        user: The owner.
        name: 1 to 80 characters after surrounding and repeated white space is removed.
        monthly_credit_cap: Credits that the key may spend in a calendar month (UTC); None for no cap.
        confirm_above: Credits above which the price of an image over MCP needs a person's confirmation; None for no
            confirmation.
        expires_at: Time from which the key is rejected; None for never.
        allowed_models: Public ids of the models that the key may use; None for all.
        request_id: Idempotency id of the request. A second call with the same id creates nothing.

    Raises:
        InvalidArguments: The name is empty or too long, a number of credits is out of range, or the expiry has passed.
        KeyLimitReached: The user already has 50 live keys.
        KeyAlreadyCreated: A key was created with this request id; its secret cannot be shown again.
    """
    # Validate before looking for an earlier request, so that a repeat with invalid values gets their errors.
    name = _validate(name, monthly_credit_cap, confirm_above, expires_at)
    secret = new_secret()
    # Derived from the request id, so that a repeated request finds its key, and from the user, so that two users
    # with the same request id never share one.
    key_id = uuid.uuid5(user.pk, str(request_id)) if request_id else uuid.uuid4()
    with transaction.atomic():
        # Locking the owner's row serializes concurrent creations, so that the count below is exact.
        User.objects.select_for_update().get(pk=user.pk)
        if ApiKey.objects.filter(pk=key_id).exists():
            raise KeyAlreadyCreated
        key = add(
            user,
            name=name,
            monthly_credit_cap=monthly_credit_cap,
            confirm_above=confirm_above,
            expires_at=expires_at,
            allowed_models=allowed_models,
            id=key_id,
            digest=digest(secret),
            last_four=secret[-4:],
        )
    return key, secret


def add(
    user: User,
    *,
    name: str,
    monthly_credit_cap: int | None,
    confirm_above: int | None,
    expires_at: datetime | None,
    allowed_models: Collection[str] | None,
    **identity: Any,
) -> ApiKey:
    """Add the row of a key or of a connection; `identity` is the digest of the secret, or the client.

    The caller has locked the owner's row.

    Raises:
        InvalidArguments, KeyLimitReached: As in create.
    """
    name = _validate(name, monthly_credit_cap, confirm_above, expires_at)
    if count_live(user) >= LIVE_KEYS_PER_USER:
        raise KeyLimitReached(LIVE_KEYS_PER_USER)
    return ApiKey.objects.create(
        user=user,
        name=name,
        monthly_credit_cap=monthly_credit_cap,
        confirm_above=confirm_above,
        expires_at=expires_at,
        allowed_models=None if allowed_models is None else sorted(allowed_models),
        **identity,
    )


def _validate(name: str, monthly_credit_cap: int | None, confirm_above: int | None, expires_at: datetime | None) -> str:
    """Return the name without surrounding and repeated white space. Raises InvalidArguments as in create."""
    name = " ".join(name.split())
    errors = []
    if not 1 <= len(name) <= NAME_MAX_CHARACTERS:
        errors.append(FieldError("name", f"Enter a name of 1 to {NAME_MAX_CHARACTERS} characters."))
    if monthly_credit_cap is not None and not 1 <= monthly_credit_cap <= CAP_MAX_CREDITS:
        errors.append(FieldError("monthly_credit_cap", "Enter at least 1 credit, or leave this empty for no cap."))
    if confirm_above is not None and not 0 <= confirm_above <= CAP_MAX_CREDITS:
        errors.append(FieldError("confirm_above", "Enter 0 or more credits, or leave this empty for no confirmation."))
    if expires_at is not None and expires_at <= timezone.now():
        errors.append(FieldError("expires_at", "Choose a future date, or leave this empty for no expiry."))
    if errors:
        raise InvalidArguments(errors)
    return name


def _live_condition() -> Q:
    return Q(expires_at=None, revoked_at=None) | Q(expires_at__gt=timezone.now(), revoked_at=None)


def count_live(user: User) -> int:
    """Count the user's keys that are neither revoked nor expired."""
    return live(user).count()


def live(user: User) -> QuerySet[ApiKey]:
    """Return the user's keys that are neither revoked nor expired."""
    return ApiKey.objects.filter(_live_condition(), user=user)


def list_for(user: User) -> QuerySet[ApiKey]:
    """Return all keys and connections of the user: live ones first, each group newest first."""
    live_first = ExpressionWrapper(_live_condition(), output_field=BooleanField())
    return ApiKey.objects.filter(user=user).order_by(live_first.desc(), "-created_at", "-id")


def find(user: User, key_id: uuid.UUID) -> ApiKey:
    """Return the user's key with this id.

    Raises:
        KeyNotFound: The user has no key with this id.
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
    confirm_above: int | None,
    expires_at: datetime | None,
    allowed_models: Collection[str] | None,
) -> None:
    """Replace name, limits and expiry of a live key. The next request with the key uses the new values.

    Raises:
        InvalidArguments: As in create.
        KeyInactive: The key is revoked or expired.
    """
    name = _validate(name, monthly_credit_cap, confirm_above, expires_at)
    changed = ApiKey.objects.filter(_live_condition(), pk=key.pk).update(
        name=name,
        monthly_credit_cap=monthly_credit_cap,
        confirm_above=confirm_above,
        expires_at=expires_at,
        allowed_models=None if allowed_models is None else sorted(allowed_models),
    )
    if not changed:
        raise KeyInactive(is_connection=key.is_connection)


def revoke(key: ApiKey) -> bool:
    """Revoke a key or a connection permanently, effective from the next request. Return False if it already was."""
    with transaction.atomic():
        changed = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
        OAuthToken.objects.filter(key=key).delete()
        AuthorizationCode.objects.filter(key=key).delete()
    return bool(changed)
