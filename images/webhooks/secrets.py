"""Secrets of endpoints: created, and encrypted in the database."""

import base64
import hashlib
import secrets
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
# Distinguishes the derived key from all others that are derived from SECRET_KEY.
PURPOSE: Final = b"images.webhooks.secrets"


class UnreadableSecret(Exception):
    """The secret was encrypted with a key that is in neither SECRET_KEY nor SECRET_KEY_FALLBACKS."""


def create() -> str:
    """Return a new secret in the form of Standard Webhooks."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def encrypt(secret: str) -> str:
    """Encrypt a secret with a key that is derived from SECRET_KEY."""
    return _fernet().encrypt(secret.encode()).decode()


def decrypt(encrypted: str) -> str:
    """Return the secret.

    Raises:
        UnreadableSecret: No key of this deployment decrypts it.
    """
    try:
        return _fernet().decrypt(encrypted.encode()).decode()
    except InvalidToken:
        raise UnreadableSecret from None


def reencrypt(encrypted: str) -> str:
    """Return the secret encrypted with the key of SECRET_KEY; unchanged if it already is.

    Raises:
        UnreadableSecret: No key of this deployment decrypts it.
    """
    try:
        Fernet(_derived(settings.SECRET_KEY)).decrypt(encrypted.encode())
    except InvalidToken:
        return encrypt(decrypt(encrypted))
    return encrypted


def _fernet() -> MultiFernet:
    # The first key encrypts, and all of them decrypt.
    return MultiFernet([Fernet(_derived(key)) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _derived(secret_key: str) -> bytes:
    derivation = HKDF(algorithm=hashes.SHA256(), length=hashlib.sha256().digest_size, salt=None, info=PURPOSE)
    return base64.urlsafe_b64encode(derivation.derive(secret_key.encode()))
