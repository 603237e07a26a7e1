"""The Google provider: Gemini API (https://ai.google.dev/gemini-api/docs/image-generation)."""

import asyncio
import functools
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

import httpx2
from django.conf import settings
from google import genai
from google.genai import errors as sdk_errors
from google.genai import types
from google.genai.client import DebugConfig

from images.failures import GenerationFailed, ModerationRejected, ProviderFailed
from images.providers import (
    PictureRequest,
    ProviderPicture,
    SourcePicture,
    base64_files,
    base64_text,
    connections,
    errors,
    sizes,
    source_sizes,
)
from infrastructure import json_bytes
from infrastructure.http import retry_after

# Values of finishReason that mean a moderation decision.
BLOCKED: Final = {
    "SAFETY",
    "IMAGE_SAFETY",
    "PROHIBITED_CONTENT",
    "BLOCKLIST",
    "RECITATION",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "SPII",
    "ESCALATION",
    "MODEL_ARMOR",
}
# Google has limited or disabled our account because of prohibited use.
ACCOUNT_LIMITED: Final = "PUP_LIMITED_DISABLED"
# The same prompt would end in the same way again.
FINAL_REASONS: Final = {"LANGUAGE"}
UNSPECIFIED: Final = "BLOCKED_REASON_UNSPECIFIED"
CLIENT_CACHE_SIZE = 4
SOURCE_LONG_SIDE_PIXELS: Final = 2048
# A request is limited to 20 MB, in which base64 has four bytes for three of a picture, and a prompt up to 32 KB.
SOURCES_MAX_BYTES: Final = 14_900_000


async def generate(request: PictureRequest) -> ProviderPicture:
    """Return one picture.

    Raises:
        ModerationRejected: Google blocked the prompt or the picture.
        ProviderFailed: There was no usable response; ModelRetired if the upstream id is unknown.
    """
    try:
        async with asyncio.timeout(request.timeout_seconds):
            return _picture(request, await _call(request))
    except (TimeoutError, httpx2.TimeoutException):
        raise errors.timed_out(request) from None
    except httpx2.HTTPError as error:
        raise errors.unreachable(request, error) from None
    except sdk_errors.APIError as error:
        raise _failure(request, error) from None
    except errors.MALFORMED:
        raise errors.unreadable(request) from None


async def _call(request: PictureRequest) -> Any:
    client = _client(await connections.pool(), settings.GOOGLE_GEMINI_BASE_URL, settings.GEMINI_API_KEY)
    pictures = await asyncio.to_thread(_pictures, request)
    with base64_files.attached(pictures) as placeholders:
        response = await client.aio.models.generate_content(
            model=request.upstream_id, contents=_contents(request, pictures, placeholders), config=_config(request)
        )
    return json_bytes.decode((response.sdk_http_response and response.sdk_http_response.body) or "")


def _pictures(request: PictureRequest) -> Sequence[SourcePicture]:
    if not request.sources:
        return ()
    return source_sizes.under_total(request.sources, long_side=SOURCE_LONG_SIDE_PIXELS, max_bytes=SOURCES_MAX_BYTES)


def _contents(request: PictureRequest, pictures: Sequence[SourcePicture], placeholders: Sequence[bytes]) -> Any:
    parts = [
        types.Part.from_bytes(data=placeholder, mime_type=picture.media_type)
        for picture, placeholder in zip(pictures, placeholders, strict=True)
    ]
    return [*parts, types.Part.from_text(text=request.prompt)] if parts else request.prompt


@functools.lru_cache(maxsize=CLIENT_CACHE_SIZE)
def _client(pool: httpx2.AsyncClient, base_url: str, api_key: str) -> genai.Client:
    # The SDK reads every parameter that is missing here from environment variables of its own. Only our settings may
    # configure a provider.
    return genai.Client(
        enterprise=False,
        api_key=api_key,
        debug_config=DebugConfig(client_mode=None, replays_directory=None, replay_id=None),
        http_options=types.HttpOptions(
            base_url=base_url,
            api_version="v1beta",
            retry_options=types.HttpRetryOptions(attempts=1),
            httpx_async_client=pool,
        ),
    )


def _config(request: PictureRequest) -> types.GenerateContentConfig:
    deep = types.ThinkingConfig(thinking_level=types.ThinkingLevel.HIGH)
    return types.GenerateContentConfig(
        response_modalities=["IMAGE"],
        image_config=types.ImageConfig(
            # Without a ratio, the result has the shape of the first picture.
            aspect_ratio=None if request.aspect_ratio == sizes.AUTO else request.aspect_ratio,
            image_size=request.resolution or request.options.get("image_size"),
        ),
        thinking_config=deep if request.thinking_level == "deep" else None,
        http_options=types.HttpOptions(timeout=round(request.timeout_seconds * 1000)),
        # Otherwise the SDK logs for every picture that there are no functions to call.
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        # The SDK's parsed response lacks finishMessage, in which Google explains why there is no picture.
        should_return_http_response=True,
    )


def _picture(request: PictureRequest, response: Any) -> ProviderPicture:
    candidate = next(iter(_objects(response.get("candidates"))), {})
    parts = [part for part in _objects(_object(candidate.get("content")).get("parts")) if not part.get("thought")]
    text = " ".join(filter(None, (_text(part.get("text")) for part in parts)))
    if candidate.get("finishReason") == ACCOUNT_LIMITED:
        raise errors.credentials_rejected(request, HTTPStatus.OK, detail=ACCOUNT_LIMITED)
    _raise_if_blocked(_object(response.get("promptFeedback")), candidate, text)
    # Thoughts may contain drafts; the last part that is no thought is the result.
    pictures = [data for part in parts if (data := _object(part.get("inlineData")).get("data"))]
    if not pictures:
        raise _no_picture(candidate, text)
    return ProviderPicture(base64_text.decode(pictures[-1]), _object(response.get("usageMetadata")) or None)


def _raise_if_blocked(feedback: dict[str, Any], candidate: dict[str, Any], text: str) -> None:
    reason = feedback.get("blockReason")
    if reason and reason != UNSPECIFIED:
        explanation = errors.excerpt(feedback.get("blockReasonMessage"))
        raise ModerationRejected.with_advice(explanation or f"Google blocked the prompt ({reason})")
    reason = candidate.get("finishReason")
    if reason in BLOCKED:
        explanation = errors.excerpt(candidate.get("finishMessage") or text)
        raise ModerationRejected.with_advice(explanation or f"Google blocked the picture ({reason})")


def _no_picture(candidate: dict[str, Any], text: str) -> ProviderFailed:
    reason = candidate.get("finishReason")
    explanation = errors.excerpt(text or candidate.get("finishMessage"))
    if explanation:
        message = f"The model returned text instead of a picture: {explanation}"
    else:
        message = f"The model returned no picture ({reason or 'no reason given'}). Your credits were refunded."
    return ProviderFailed(message, calls_allowed=1 if reason in FINAL_REASONS else errors.CALLS_WITHOUT_PICTURE)


def _failure(request: PictureRequest, error: sdk_errors.APIError) -> GenerationFailed:
    details = _details(error)
    detail = " ".join(filter(None, [_text(error.status), *(_text(entry.get("reason")) for entry in details)]))
    if error.code == 400 and _is_key_rejected(error, detail):
        return errors.credentials_rejected(request, error.code, detail=detail)
    if error.code == 400 and errors.means_too_many_sources(request, error.message):
        return errors.sources_refused(request, detail=detail)
    wait = _retry_after_seconds(error, details)
    return errors.from_status(request, error.code, detail=detail, retry_after_seconds=wait)


def _details(error: sdk_errors.APIError) -> list[dict[str, Any]]:
    body = _object(error.details)
    return _objects(_object(body.get("error")).get("details"))


def _is_key_rejected(error: sdk_errors.APIError, detail: str) -> bool:
    # Google returns 400 for an invalid key, and for an account that may not use the API (FAILED_PRECONDITION).
    has_code = "API_KEY" in detail or "FAILED_PRECONDITION" in detail
    return has_code or "api key" in _text(error.message).lower()


def _retry_after_seconds(error: sdk_errors.APIError, details: list[dict[str, Any]]) -> float | None:
    header = retry_after.retry_after_seconds(getattr(error.response, "headers", {}))
    delays = [_text(entry.get("retryDelay")).removesuffix("s") for entry in details]
    return next((seconds for seconds in [header, *map(retry_after.parse_seconds, delays)] if seconds is not None), None)


def _object(value: Any) -> dict[str, Any]:
    # Any field of a response may be null, or of another type than the documented one.
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
