"""Client ID Metadata Documents: a client's id is the URL of a document about it, which is fetched and copied.

Specification: draft-ietf-oauth-client-id-metadata-document.
"""

import asyncio
import hashlib
import json
import re
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.utils import timezone

from accounts.models import OAuthClient, User
from accounts.oauth import client_metadata
from accounts.oauth.errors import OAuthError
from infrastructure import outbound
from infrastructure.exceptions import OutboundError

DOCUMENT_MAX_BYTES: Final = 16 * 1024
TIMEOUT_SECONDS: Final = 4.0
FAILED_SECONDS: Final = 60
# Minimum time between two fetches for one user: otherwise one user could make us contact any number of sites.
PAUSE_SECONDS: Final = 3
FRESH_SECONDS_MIN: Final = 5 * 60
FRESH_SECONDS_MAX: Final = 24 * 3600
MAX_AGE: Final = re.compile(r"max-age=(\d{1,9})", re.ASCII)
HTTP_OK: Final = 200

# A user waits for each fetch. Above this number at once, the request fails with a message to try again.
_slots = threading.BoundedSemaphore(4)


class DocumentFailed(Exception):
    """The document could not be fetched, or is not one of this client."""


def is_document_url(client_id: str) -> bool:
    """Return whether a client id is a URL with a path, without a user part, dot segments or a fragment.

    Only ASCII: the consent page shows the host, and look-alike letters could imitate another site.
    """
    if (
        not client_id.isascii()
        or not client_id.startswith(("https://", "http://"))
        or len(client_id) > client_metadata.ID_MAX_CHARACTERS
    ):
        return False
    try:
        address = urlsplit(client_id)
    except ValueError:
        return False
    has_dot_segments = {".", ".."} & set(address.path.split("/"))
    return len(address.path) > 1 and not (has_dot_segments or address.fragment or "@" in address.netloc)


def refresh(client_id: str, user: User) -> OAuthClient:
    """Fetch a client's document before its user connects it, and store a copy.

    Raises:
        DocumentFailed: The URL has no valid document and isn't fetched again for a minute; too many documents are being
            fetched; or this user's last fetch was a moment ago.
    """
    failure_key = f"oauth.document:{hashlib.sha256(client_id.encode()).hexdigest()}"
    if cache.get(failure_key) or not _slots.acquire(blocking=False):
        raise DocumentFailed
    if not cache.add(f"oauth.fetch:{user.pk}", value=True, timeout=PAUSE_SECONDS):
        _slots.release()
        raise DocumentFailed
    try:
        document, keys, lifetime = async_to_sync(_read)(client_id)
        client, _ = OAuthClient.objects.update_or_create(
            id=client_id,
            defaults={
                "name": client_metadata.name(document, default=urlsplit(client_id).hostname or client_id),
                "redirect_uris": client_metadata.redirect_uris(document),
                "auth_method": client_metadata.document_auth_method(document),
                "keys": keys,
                "fresh_until": timezone.now() + lifetime,
            },
        )
    except (DocumentFailed, OutboundError, OAuthError, TimeoutError, RecursionError) as error:
        cache.set(failure_key, value=True, timeout=FAILED_SECONDS)
        raise DocumentFailed from error
    finally:
        _slots.release()
    return client


async def _read(client_id: str) -> tuple[Mapping[str, Any], Mapping[str, Any] | None, timedelta]:
    """Fetch a document, and return it with the client's keys, if it names any, and how long it is fresh."""
    async with asyncio.timeout(TIMEOUT_SECONDS):
        document, cache_control = await _fetch(client_id)
        if document.get("client_id") != client_id:
            raise DocumentFailed
        keys, keys_url = document.get("jwks"), document.get("jwks_uri")
        if keys is None and isinstance(keys_url, str):
            keys, _ = await _fetch(keys_url)
    # PostgreSQL's JSON cannot contain NUL or unpaired surrogates; keys have only ASCII.
    text = json.dumps(keys, ensure_ascii=False)
    if not isinstance(keys, dict | None) or not text.isascii() or "\\u" in text:
        raise DocumentFailed
    return document, keys, _lifetime(cache_control)


async def _fetch(url: str) -> tuple[dict[str, Any], str]:
    """Return the JSON object at a URL, and its Cache-Control header."""
    response = await outbound.fetch(
        url, accept="application/json", max_bytes=DOCUMENT_MAX_BYTES, timeout_seconds=TIMEOUT_SECONDS
    )
    is_json = response.media_type == "application/json" or response.media_type.endswith("+json")
    if response.status != HTTP_OK or not is_json:
        raise DocumentFailed
    try:
        document = json.loads(response.body)
    except (ValueError, RecursionError) as error:
        raise DocumentFailed from error
    if not isinstance(document, dict):
        raise DocumentFailed
    return document, response.headers.get("cache-control", "")


def _lifetime(cache_control: str) -> timedelta:
    max_age = MAX_AGE.search(cache_control)
    seconds = int(max_age[1]) if max_age else 0
    return timedelta(seconds=min(max(seconds, FRESH_SECONDS_MIN), FRESH_SECONDS_MAX))
