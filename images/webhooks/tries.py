"""One try of a delivery: the signed request, and its result."""

import json
import time
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypedDict

from django.core.serializers.json import DjangoJSONEncoder

from images.webhooks import secrets, signing
from images.webhooks.secrets import UnreadableSecret
from infrastructure import outbound
from infrastructure.exceptions import OutboundError
from infrastructure.http.retry_after import retry_after_seconds

TIMEOUT_SECONDS: Final = 15.0
EXCERPT_MAX_BYTES: Final = 1000
ERROR_MAX_CHARACTERS: Final = 300


class Try(TypedDict):
    """One try as stored in the delivery's row; `status` is null without a response, and `error` is the reason."""

    number: int
    at: str
    seconds: float
    status: int | None
    error: str
    retryAfterSeconds: float | None


@dataclass(frozen=True, slots=True)
class TryRequest:
    """A claimed delivery with everything that its request needs; the secrets are encrypted."""

    delivery_id: uuid.UUID
    number: int
    url: str
    event_type: str
    created_at: datetime
    data: dict[str, Any]
    secrets: tuple[str, ...]

    @property
    def body(self) -> bytes:
        """The same bytes for every try."""
        content = {"type": self.event_type, "timestamp": self.created_at, "data": self.data}
        return json.dumps(content, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class TryResult:
    """The result of one try: a response with its status and the start of its body, or the error."""

    seconds: float
    status: int | None = None
    excerpt: str = ""
    error: str = ""
    retry_after_seconds: float | None = None

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def outcome(self) -> str:
        """The outcome for metrics: the class of the status, such as 5xx, or "no response"."""
        return f"{self.status // 100}xx" if self.status else "no response"


async def send(request: TryRequest) -> TryResult:
    """Send the request and return the result. It reaches public addresses only, and follows no redirect."""
    started_at = time.perf_counter()
    try:
        keys = [secrets.decrypt(secret) for secret in request.secrets]
        headers = signing.headers(request.delivery_id, int(time.time()), request.body, keys)
        response = await outbound.send(
            request.url,
            request.body,
            headers=headers,
            max_bytes=EXCERPT_MAX_BYTES,
            timeout_seconds=TIMEOUT_SECONDS,
        )
    except OutboundError as error:
        return TryResult(time.perf_counter() - started_at, error=str(error)[:ERROR_MAX_CHARACTERS])
    except UnreadableSecret:
        # SECRET_KEY was replaced and is not in SECRET_KEY_FALLBACKS.
        message = "This webhook's secret can no longer be read. Rotate it."
        return TryResult(time.perf_counter() - started_at, error=message)
    return TryResult(
        time.perf_counter() - started_at,
        status=response.status,
        # PostgreSQL's text cannot contain NUL.
        excerpt=response.body.decode(errors="replace").replace("\0", "\ufffd"),
        retry_after_seconds=retry_after_seconds(response.headers),
    )
