"""The hashes that identify a user to the providers without naming them, so that one of them can be blocked alone."""

import uuid

from django.utils.crypto import salted_hmac

# The name is part of every hash, and stays when the module moves.
SALT = "images.safety_identifier"


def of_user(user_id: uuid.UUID | None) -> str:
    """Return the hash of an account: the same for all its images, and meaningless without SECRET_KEY."""
    return _hash(str(user_id).encode())


def of_end_user(user_id: uuid.UUID, name: str) -> str:
    """Return the hash of one of the people for whom an account's program requests images; empty without a name."""
    # Strict encoding fails on a lone surrogate, which JSON can contain.
    return _hash(f"{user_id}\0{name}".encode("utf-8", "surrogatepass")) if name else ""


def _hash(value: bytes) -> str:
    # 64 characters are the maximum of OpenAI.
    return salted_hmac(SALT, value, algorithm="sha256").hexdigest()
