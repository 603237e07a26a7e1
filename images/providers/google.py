"""Pictures from Google's Gemini API (https://ai.google.dev/gemini-api/docs/image-generation)."""

import asyncio
import functools
from typing import Any, Final

import httpx2
from django.conf import settings
from google import genai
from google.genai import errors, types
from google.genai.client import DebugConfig

from images.exceptions import GenerationFailed, ModerationRejected, ProviderFailed
from images.providers import PictureRequest, connections, failures

BLOCKED: Final = {
    types.FinishReason.SAFETY,
    types.FinishReason.IMAGE_SAFETY,
    types.FinishReason.PROHIBITED_CONTENT,
    types.FinishReason.BLOCKLIST,
    types.FinishReason.RECITATION,
    types.FinishReason.IMAGE_PROHIBITED_CONTENT,
    types.FinishReason.IMAGE_RECITATION,
}
CLIENTS_KEPT = 4


async def generate(request: PictureRequest) -> bytes:
    """Return the bytes of one picture.

    Raises:
        ModerationRejected: Google blocked the prompt or the picture.
        ProviderFailed: There was no usable answer; ModelGone if the upstream id is unknown.
    """
    try:
        async with asyncio.timeout(request.timeout_seconds):
            answer = await _ask(request)
    except (TimeoutError, httpx2.TimeoutException):
        raise failures.no_answer_in_time(request) from None
    except httpx2.HTTPError as error:
        raise failures.unreachable(request, error) from None
    except errors.APIError as error:
        raise _failure(request, error) from None
    except failures.MALFORMED:
        raise failures.unreadable(request) from None
    return _picture(request, answer)


async def _ask(request: PictureRequest) -> types.GenerateContentResponse:
    client = _client(await connections.pool(), settings.GOOGLE_GEMINI_BASE_URL, settings.GEMINI_API_KEY)
    return await client.aio.models.generate_content(
        model=request.upstream_id, contents=request.prompt, config=_config(request)
    )


@functools.lru_cache(maxsize=CLIENTS_KEPT)
def _client(pool: httpx2.AsyncClient, base_url: str, api_key: str) -> genai.Client:
    # What is not said here the SDK takes from its own environment variables; ours alone configure a provider.
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
        image_config=types.ImageConfig(aspect_ratio=request.aspect_ratio, image_size=request.options.get("image_size")),
        thinking_config=deep if request.thinking_level == "deep" else None,
        http_options=types.HttpOptions(timeout=round(request.timeout_seconds * 1000)),
        # Either would make the SDK send further requests by itself, and each one costs.
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        automatic_continuation=False,
    )


def _picture(request: PictureRequest, answer: types.GenerateContentResponse) -> bytes:
    candidate = answer.candidates[0] if answer.candidates else types.Candidate()
    content = candidate.content or types.Content()
    parts = [part for part in content.parts or [] if not part.thought]
    text = " ".join(part.text for part in parts if part.text)
    _refuse_blocked(answer, candidate, text)
    pictures = [part.inline_data.data for part in parts if part.inline_data and part.inline_data.data]
    if pictures:
        return pictures[-1]
    if text or candidate.finish_reason:
        raise _nothing_drawn(candidate, text)
    raise failures.unreadable(request)


def _refuse_blocked(answer: types.GenerateContentResponse, candidate: types.Candidate, text: str) -> None:
    feedback = answer.prompt_feedback
    if feedback and feedback.block_reason:
        raise _rejected("prompt", feedback.block_reason, feedback.block_reason_message)
    if candidate.finish_reason in BLOCKED:
        raise _rejected("picture", candidate.finish_reason, candidate.finish_message or text)


def _rejected(what: str, reason: types.BlockedReason | types.FinishReason, said: str | None) -> ModerationRejected:
    return ModerationRejected(failures.words(said) or f"Google blocked the {what} ({reason.value})")


def _nothing_drawn(candidate: types.Candidate, text: str) -> ProviderFailed:
    said = failures.words(text or candidate.finish_message)
    if said:
        message = f"The model wrote this instead of making a picture: {said}"
    else:
        message = f"The model made no picture ({candidate.finish_reason and candidate.finish_reason.value})."
    return ProviderFailed(message, calls_allowed=failures.CALLS_WITHOUT_PICTURE)


def _failure(request: PictureRequest, error: errors.APIError) -> GenerationFailed:
    details = _details(error)
    detail = " ".join(filter(None, [_text(error.status), *(_text(entry.get("reason")) for entry in details)]))
    if error.code == 400 and _is_about_our_key(error, detail):
        return failures.refused(request, error.code, detail=detail)
    wait = _retry_after_seconds(error, details)
    return failures.of_status(request, error.code, detail=detail, retry_after_seconds=wait)


def _details(error: errors.APIError) -> list[dict[str, Any]]:
    whole = error.details if isinstance(error.details, dict) else {}
    inner = whole.get("error")
    entries = inner.get("details") if isinstance(inner, dict) else None
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _is_about_our_key(error: errors.APIError, detail: str) -> bool:
    # A bad key is a 400 here. So is an account that may not use the API: FAILED_PRECONDITION.
    named = "API_KEY" in detail or "FAILED_PRECONDITION" in detail
    return named or "api key" in _text(error.message).lower()


def _retry_after_seconds(error: errors.APIError, details: list[dict[str, Any]]) -> float | None:
    asked = failures.retry_after_seconds(getattr(error.response, "headers", {}))
    delays = [_text(entry.get("retryDelay")).removesuffix("s") for entry in details]
    return next((seconds for seconds in [asked, *map(failures.seconds_of, delays)] if seconds is not None), None)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
