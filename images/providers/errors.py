"""Map a provider's failures to our errors: what all real providers have in common.

Error texts of a provider can contain parts of a key or of a prompt. Messages and logs therefore do not quote them,
except for a moderation reason or a text that the model returned in place of a picture.
"""

import logging
import re

from images.failures import MaskRefused, ModelRetired, ProviderFailed, SourcesRefused
from images.providers import MAX_CALLS, PictureRequest

EXCERPT_MAX_CHARACTERS = 300
# A response without a picture costs as much as one with a picture: one more call is worthwhile, a third is not.
CALLS_WITHOUT_PICTURE = 2

# Raised while a response is read whose structure differs from the documented one.
MALFORMED = (AttributeError, LookupError, TypeError, ValueError)

# Providers have no code of their own for too many pictures: "too many input images (14, max 10)", "use fewer than 16
# images", "at most 5 image(s)", "a maximum of 10 images".
TOO_MANY_PICTURES = re.compile(
    r"too many (\w+ ){0,2}(image|picture)|(at most|fewer than|(maximum|limit) of|up to) \d+ (\w+ )?(image|picture)",
    re.IGNORECASE,
)
REQUEST_ID = re.compile(r"\breq_\w+|\brequest[ _]id\b", re.IGNORECASE)
SENTENCE_BREAK = re.compile(r"(?<=[.!?])\s+")

logger = logging.getLogger(__name__)


def from_status(
    request: PictureRequest, status: int, *, detail: str, retry_after_seconds: float | None = None
) -> ProviderFailed:
    """Return the error for an HTTP status, and log an error if only staff can resolve it.

    Args:
        request: The request that failed.
        status: The HTTP status of the response.
        detail: The provider's own error code, for the log; never its free text.
        retry_after_seconds: The delay that the provider requested.
    """
    if status in {401, 403}:
        return credentials_rejected(request, status, detail=detail)
    if status == 404:
        return model_retired(request)
    if status in {408, 409, 429} or status >= 500:
        return temporarily_unavailable(request, status, detail=detail, retry_after_seconds=retry_after_seconds)
    logger.error("%s: the provider does not accept our request: HTTP %s %s", request.model_id, status, detail)
    return ProviderFailed(
        "The provider rejected this request. Your credits were refunded. Change the prompt or try another model."
    )


def credentials_rejected(request: PictureRequest, status: int, *, detail: str) -> ProviderFailed:
    """Return the error for an API key or account of ours that the provider no longer accepts."""
    logger.error("%s: the provider rejected our key or account: HTTP %s %s", request.model_id, status, detail)
    return ProviderFailed(
        "The provider refused our request. Your credits were refunded. Try another model, or try this one later."
    )


def model_retired(request: PictureRequest) -> ModelRetired:
    """Return the error for an upstream id that the provider does not offer; staff can replace it in the catalogue."""
    logger.error("%s: the provider does not offer the upstream id %r", request.model_id, request.upstream_id)
    return ModelRetired()


def means_too_many_sources(request: PictureRequest, message: object) -> bool:
    """Return whether the text of a provider's error is about the number of the pictures that were sent."""
    return bool(request.sources and isinstance(message, str) and TOO_MANY_PICTURES.search(message))


def sources_refused(request: PictureRequest, *, detail: str) -> SourcesRefused:
    """Return the error for more pictures than the provider accepts; staff can lower the number in the catalogue."""
    logger.error("%s: the provider does not accept %d pictures: %s", request.model_id, len(request.sources), detail)
    return SourcesRefused()


def mask_refused(request: PictureRequest, *, detail: str) -> MaskRefused:
    """Return the error for a mask that the provider does not accept, although it fits the first picture."""
    logger.error("%s: the provider does not accept the mask: %s", request.model_id, detail)
    return MaskRefused()


def temporarily_unavailable(
    request: PictureRequest, status: int, *, detail: str, retry_after_seconds: float | None
) -> ProviderFailed:
    """Return the error for a failure that is likely to pass, so that the same request can be repeated."""
    logger.warning("%s: the provider responded with HTTP %s %s", request.model_id, status, detail)
    return ProviderFailed(
        f"The provider is temporarily unavailable (HTTP {status}). Your credits were refunded. Try again later.",
        calls_allowed=MAX_CALLS,
        retry_after_seconds=retry_after_seconds,
    )


def unreachable(request: PictureRequest, error: BaseException) -> ProviderFailed:
    """Return the error for a connection that could not be established, or broke."""
    logger.warning("%s: the connection to the provider failed: %s", request.model_id, type(error).__name__)
    return ProviderFailed(
        "The connection to the provider failed. Your credits were refunded. Try again later.",
        calls_allowed=MAX_CALLS,
    )


def timed_out(request: PictureRequest) -> ProviderFailed:
    """Return the error for a call that reached its timeout."""
    logger.warning("%s: no response within %g s", request.model_id, request.timeout_seconds)
    return ProviderFailed(
        "The provider did not respond in time. Your credits were refunded. Try again or use another model.",
        calls_allowed=MAX_CALLS,
    )


def unreadable(request: PictureRequest) -> ProviderFailed:
    """Return the error for a successful response that contains no picture."""
    logger.warning("%s: the provider's response contains no readable picture", request.model_id)
    return ProviderFailed(
        "The provider's response contained no picture. Your credits were refunded. Try again.",
        calls_allowed=CALLS_WITHOUT_PICTURE,
    )


def download_failed(request: PictureRequest, *, detail: str, retry_may_succeed: bool) -> ProviderFailed:
    """Return the error for a picture that the provider made but that could not be downloaded from its URL.

    Args:
        request: The request that failed.
        detail: The reason, for the log, without the URL.
        retry_may_succeed: Whether the download of another picture may succeed; the server charges for each of them.
    """
    logger.error("%s: the picture could not be downloaded: %s", request.model_id, detail)
    return ProviderFailed(
        "The provider's picture couldn't be downloaded. Your credits were refunded. Try another model, or try this one "
        "later.",
        calls_allowed=CALLS_WITHOUT_PICTURE if retry_may_succeed else 1,
    )


def excerpt(text: object) -> str:
    """Return a provider's text as one short line, without sentences that contain a request id."""
    sentences = SENTENCE_BREAK.split(" ".join(text.split())) if isinstance(text, str) else []
    line = " ".join(sentence for sentence in sentences if not REQUEST_ID.search(sentence))
    return line if len(line) <= EXCERPT_MAX_CHARACTERS else line[: EXCERPT_MAX_CHARACTERS - 1].rstrip() + "…"
