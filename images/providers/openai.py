"""The OpenAI provider: Images API (https://platform.openai.com/docs/api-reference/images/create)."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import httpx2
import openai
from django.conf import settings

from images.failures import GenerationFailed, ModerationRejected
from images.providers import (
    PictureRequest,
    ProviderPicture,
    SourcePicture,
    SourceReader,
    base64_text,
    connections,
    errors,
    sizes,
    source_sizes,
)
from infrastructure import json_bytes
from infrastructure.http import retry_after

MODERATION_CODES: Final = {"moderation_blocked", "content_policy_violation"}
UNKNOWN_MODEL_CODES: Final = {"model_not_found", "invalid_model"}
NO_QUOTA = "insufficient_quota"
# Parameters that a catalogue row may fix.
FIXED_PARAMETERS: Final = {"quality", "moderation", "output_compression"}
# The parameters that edits do not have.
GENERATION_PARAMETERS: Final = {"moderation"}
# The largest files of an edit.
SOURCE_MAX_BYTES: Final = 50_000_000
MASK_MAX_BYTES: Final = 4_000_000
BAD_REQUEST: Final = {400, 422}
TOO_LONG_LIST: Final = "array_above_max_length"
COUNTS_MAX, COUNT_MAX = 20, 10**12

# One for OpenAI and one for each server that speaks its API, in each event loop.
CLIENT_CACHE_SIZE = 32


async def generate(request: PictureRequest) -> ProviderPicture:
    """Return one picture.

    Raises:
        ModerationRejected: OpenAI's safety system rejected the prompt or the picture.
        ProviderFailed: There was no usable response; ModelRetired if the upstream id is unknown.
    """
    async with call(request):
        return _picture(await _call(request))


@contextlib.asynccontextmanager
async def call(request: PictureRequest) -> AsyncIterator[None]:
    """Limit a call with the SDK to its timeout, and raise its failures as our errors.

    Raises:
        GenerationFailed: What `generate` describes.
    """
    try:
        async with asyncio.timeout(request.timeout_seconds):
            yield
    except (TimeoutError, openai.APITimeoutError):
        raise errors.timed_out(request) from None
    except openai.APIConnectionError as error:
        raise errors.unreachable(request, error.__cause__ or error) from None
    except openai.APIStatusError as error:
        raise _failure(request, error) from None
    except (openai.APIError, *errors.MALFORMED):
        raise errors.unreadable(request) from None


async def _call(request: PictureRequest) -> Any:
    client = client_of(await connections.pool(), settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY)
    return await send(client, request, {"n": 1, **parameters(request)})


async def send(client: openai.AsyncOpenAI, request: PictureRequest, body: Mapping[str, Any]) -> Any:
    """Send a request with these parameters, and with its pictures if it is an edit; return the JSON of the response."""
    required: dict[str, Any] = {"model": request.upstream_id, "prompt": request.prompt}
    if request.sources:
        files = await asyncio.to_thread(edit_files, request)
        edit = client.images.with_raw_response.edit
        response = await edit(**required, **files, extra_body=body, timeout=request.timeout_seconds)
        return json_bytes.decode(response.content)
    # Not `images.generate`, whose look at each parameter takes a quarter of the call's processor time.
    options: openai.RequestOptions = {"timeout": request.timeout_seconds}
    path = "/images/generations"
    response = await client.post(path, cast_to=httpx2.Response, body={**required, **body}, options=options)
    return json_bytes.decode(response.content)


def edit_files(request: PictureRequest) -> dict[str, Any]:
    """Return the parameters with the files of an edit; scaling them blocks."""
    sources, mask = source_sizes.under_limits(
        request.sources, request.mask, source_max_bytes=SOURCE_MAX_BYTES, mask_max_bytes=MASK_MAX_BYTES
    )
    files = [_file(position, source) for position, source in enumerate(sources, start=1)]
    # The SDK sends a list as `image[]`, which not every server reads.
    images = {"image": files if len(files) > 1 else files[0]}
    return {**images, "mask": ("mask.png", mask, "image/png")} if mask else images


def _file(position: int, source: SourcePicture) -> tuple[str, SourceReader, str]:
    # Without a name and a media type, OpenAI refuses the file.
    extension = source.media_type.removeprefix("image/")
    return f"source-{position}.{extension}", source.open(), source.media_type


def parameters(request: PictureRequest) -> dict[str, Any]:
    """Return the parameters of a request that describe the picture and its user, without the prompt."""
    choices = {
        "size": "{}x{}".format(*sizes.of(request)),
        "quality": request.quality,
        "background": request.background,
        # A JPEG, which may be the default, has no transparency.
        "output_format": request.output_format or ("png" if request.background == "transparent" else None),
        "safety_identifier": request.safety_identifier,
    }
    accepted = FIXED_PARAMETERS - GENERATION_PARAMETERS if request.sources else FIXED_PARAMETERS
    fixed = {name: value for name, value in request.options.items() if name in accepted}
    return {**fixed, **{name: value for name, value in choices.items() if value}}


@functools.lru_cache(maxsize=CLIENT_CACHE_SIZE)
def client_of(pool: httpx2.AsyncClient, base_url: str, api_key: str) -> openai.AsyncOpenAI:
    """Return the SDK's client of a server that speaks OpenAI's API."""
    client = openai.AsyncOpenAI(api_key=api_key, base_url=base_url, max_retries=0, http_client=pool)
    # The SDK reads these from environment variables of its own. Only our settings may configure a provider.
    client.organization = client.project = client.admin_api_key = None
    return client


def _picture(response: Any) -> ProviderPicture:
    pictures = [item["b64_json"] for item in response["data"] if item and item.get("b64_json")]
    return ProviderPicture(base64_text.decode(pictures[0]), usage(response))


def usage(response: Any) -> dict[str, Any] | None:
    """Return the token counts of a response, or None if it has none."""
    reported = response.get("usage")
    return _counts(reported) if isinstance(reported, dict) else None


def _counts(usage: dict[str, Any], depth: int = 2) -> dict[str, Any]:
    # A compatible server may report anything, and not everything can be stored.
    counts: dict[str, Any] = {}
    for name, value in usage.items():
        if isinstance(value, dict) and depth > 1:
            counts[name] = _counts(value, depth - 1)
        elif isinstance(value, int) and not isinstance(value, bool) and abs(value) <= COUNT_MAX:
            counts[name] = value
    return dict(list(counts.items())[:COUNTS_MAX])


def _failure(request: PictureRequest, error: openai.APIStatusError) -> GenerationFailed:
    body = error.body if isinstance(error.body, dict) else {}
    details = body.get("moderation_details") or _body_outside_error(error).get("moderation_details")
    code = str(error.code or error.type or "")
    if error.status_code == 400 and (code in MODERATION_CODES or details):
        return ModerationRejected.with_advice(_reason(body.get("message"), details))
    if _is_model_unknown(error, body):
        return errors.model_retired(request)
    if NO_QUOTA in {code, str(error.type)}:
        return errors.credentials_rejected(request, error.status_code, detail=code)
    if error.status_code in BAD_REQUEST and (refused := _refused_picture(request, error, body, code)):
        return refused
    wait = retry_after.retry_after_seconds(error.response.headers)
    return errors.from_status(request, error.status_code, detail=code, retry_after_seconds=wait)


def _refused_picture(
    request: PictureRequest, error: openai.APIStatusError, body: dict[str, Any], code: str
) -> GenerationFailed | None:
    """Return the error for a mask or a number of pictures that the provider does not accept."""
    parameter = str(error.param or "")
    if request.mask and (code.startswith("invalid_mask") or parameter.startswith("mask")):
        return errors.mask_refused(request, detail=code)
    is_list_too_long = code == TOO_LONG_LIST and parameter.startswith("image")
    if request.sources and (is_list_too_long or errors.means_too_many_sources(request, body.get("message"))):
        return errors.sources_refused(request, detail=code)
    return None


def _body_outside_error(error: openai.APIStatusError) -> dict[str, Any]:
    try:
        body = error.response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _reason(message: object, details: object) -> str:
    reason = errors.excerpt(message) or "The provider's safety system rejected this request"
    categories = details.get("categories") if isinstance(details, dict) else None
    names = ", ".join(str(category) for category in categories) if isinstance(categories, list) else ""
    return f"{reason.rstrip('.')} ({names})" if names and names not in reason else reason


def _is_model_unknown(error: openai.APIStatusError, body: dict[str, Any]) -> bool:
    if error.status_code == 400 and "invalid model" in str(body.get("message")).lower():
        return True
    return str(error.code) in UNKNOWN_MODEL_CODES
