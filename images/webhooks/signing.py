"""Signatures and headers of a delivery, as in Standard Webhooks 1.0.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Sequence

from images.webhooks import secrets


def headers(webhook_id: uuid.UUID, timestamp: int, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """Return the headers of one try.

    Args:
        webhook_id: The same for every try.
        timestamp: When this try was started, in seconds since 1970.
        body: The exact bytes that are sent.
        keys: The secrets that sign; two during the 24 hours after a rotation.
    """
    return {
        "Content-Type": "application/json",
        "webhook-id": str(webhook_id),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signature(f"{webhook_id}.{timestamp}.".encode() + body, key) for key in keys),
    }


def _signature(signed: bytes, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix(secrets.PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
