"""What a provider's answer means when it is no picture: the errors that every real provider shares.

Neither messages nor logs quote a provider's error texts, except where it speaks of the picture: such texts can hold
parts of a key or of a prompt.
"""

import logging
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from images.exceptions import ModelRetired, ProviderFailed
from images.providers import MAX_CALLS, PictureRequest

MAX_WORDS_CHARACTERS = 300
# An answer without a picture has cost us as much as one with, so it is worth one more call and no third.
CALLS_WITHOUT_PICTURE = 2

# What reading an answer that has another form than the documented one can end with.
MALFORMED = (AttributeError, LookupError, TypeError, ValueError)

REQUEST_ID_TOKEN = re.compile(r"\breq_\w+|\brequest[ _]id\b", re.IGNORECASE)
SENTENCE_BREAK = re.compile(r"(?<=[.!?])\s+")

logger = logging.getLogger(__name__)


def from_status(
    request: PictureRequest, status: int, *, detail: str, retry_after_seconds: float | None = None
) -> ProviderFailed:
    """Return the error for an HTTP status, and tell staff of those that only they can end.

    Args:
        request: What the provider was asked.
        status: The HTTP status of its answer.
        detail: The provider's own code for it, for the log; never its free text.
        retry_after_seconds: What the provider asked us to wait.
    """
    if status in {401, 403}:
        return credentials_rejected(request, status, detail=detail)
    if status == 404:
        return model_retired(request)
    if status in {408, 409, 429} or status >= 500:
        return temporarily_unavailable(request, status, detail=detail, retry_after_seconds=retry_after_seconds)
    logger.error("%s: the provider does not take our request: HTTP %s %s", request.model_id, status, detail)
    return ProviderFailed(
        "The provider could not work with this request. Your credits are back; change the prompt or try another model."
    )


def credentials_rejected(request: PictureRequest, status: int, *, detail: str) -> ProviderFailed:
    """Return the error for a key or an account of ours that the provider no longer accepts."""
    logger.error("%s: the provider turned our key or account away: HTTP %s %s", request.model_id, status, detail)
    return ProviderFailed(
        "The provider refused our request. Your credits are back; try another model, or this one later."
    )


def model_retired(request: PictureRequest) -> ModelRetired:
    """Return the error for an upstream name that the provider does not know; staff can repoint it."""
    logger.error("%s: the provider does not know the upstream id %r", request.model_id, request.upstream_id)
    return ModelRetired()


def temporarily_unavailable(
    request: PictureRequest, status: int, *, detail: str, retry_after_seconds: float | None
) -> ProviderFailed:
    """Return the error for a provider that may well answer the same request later."""
    logger.warning("%s: the provider answered HTTP %s %s", request.model_id, status, detail)
    return ProviderFailed(
        f"The provider could not answer just now (HTTP {status}). Your credits are back; ask again in a while.",
        calls_allowed=MAX_CALLS,
        retry_after_seconds=retry_after_seconds,
    )


def unreachable(request: PictureRequest, error: BaseException) -> ProviderFailed:
    """Return the error for a connection that could not be made or broke."""
    logger.warning("%s: the connection to the provider failed: %s", request.model_id, type(error).__name__)
    return ProviderFailed(
        "The connection to the provider failed. Your credits are back; ask again in a while.", calls_allowed=MAX_CALLS
    )


def timed_out(request: PictureRequest) -> ProviderFailed:
    """Return the error for a call that reached its time limit."""
    logger.warning("%s: no answer within %g s", request.model_id, request.timeout_seconds)
    return ProviderFailed(
        "The provider did not answer in time. Your credits are back; ask again or try another model.",
        calls_allowed=MAX_CALLS,
    )


def unreadable(request: PictureRequest) -> ProviderFailed:
    """Return the error for an answer that says it succeeded and holds no picture."""
    logger.warning("%s: the provider's answer holds no readable picture", request.model_id)
    return ProviderFailed(
        "The provider's answer held no picture. Your credits are back; ask again.", calls_allowed=CALLS_WITHOUT_PICTURE
    )


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Return what a Retry-After header asks for, as seconds or as a date (RFC 9110), or None."""
    value = headers.get("retry-after", "").strip()
    return parse_seconds(value) if value[:1].isdigit() else _seconds_until(value)


def parse_seconds(value: str) -> float | None:
    """Return a number of seconds that a provider wrote, or None if it is no usable number."""
    try:
        seconds = float(value)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _seconds_until(value: str) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def excerpt(text: object) -> str:
    """Return a provider's words about a picture: one short line, without the sentences that quote a request's id."""
    sentences = SENTENCE_BREAK.split(" ".join(text.split())) if isinstance(text, str) else []
    line = " ".join(sentence for sentence in sentences if not REQUEST_ID_TOKEN.search(sentence))
    return line if len(line) <= MAX_WORDS_CHARACTERS else line[: MAX_WORDS_CHARACTERS - 1].rstrip() + "…"
