"""Servers that speak OpenAI's Images API: LocalAI, vLLM, LiteLLM, xAI and others, each with its URL and parameters."""

import logging
from typing import Any, Final

from images.failures import ModelRetired
from images.pictures import raster
from images.providers import (
    PictureRequest,
    ProviderPicture,
    Server,
    base64_text,
    connections,
    errors,
    openai,
    registry,
    sizes,
)
from infrastructure import outbound
from infrastructure.exceptions import OutboundError, OutboundFailed, ResponseTooLong

logger = logging.getLogger(__name__)

# The SDK requires a key, which a server without keys ignores.
NO_KEY: Final = "none"
DOWNLOAD_MAX_SECONDS: Final = 60.0
ACCEPT: Final = ", ".join(sorted(set(raster.MEDIA_TYPES.values())))


async def generate(request: PictureRequest) -> ProviderPicture:
    """Return one picture from the request's server.

    Raises:
        ModerationRejected: The server's safety system rejected the prompt or the picture.
        ProviderFailed: There was no usable response; ModelRetired if the upstream id is unknown.
    """
    server = _server(request)
    key = _key(server)
    async with openai.call(request):
        client = openai.client_of(await connections.pool(), server.base_url, key)
        response = await openai.send(client, request, _parameters(request, server))
        return ProviderPicture(await _content(request, response), openai.usage(response))


def _server(request: PictureRequest) -> Server:
    if request.server is None:
        raise ModelRetired
    return request.server


def _key(server: Server) -> str:
    try:
        return registry.server_key(server.key_variable) or NO_KEY
    except LookupError:
        # If the web process has the key, only this log entry shows that the worker lacks it.
        logger.error("Images of a model failed: the environment variable %s is not set here.", server.key_variable)  # noqa: TRY400
        raise ModelRetired from None


def _parameters(request: PictureRequest, server: Server) -> dict[str, Any]:
    values = {
        "n": 1,
        # Without a ratio, the result has the shape of the first picture.
        "aspect_ratio": None if request.aspect_ratio == sizes.AUTO else request.aspect_ratio,
        "response_format": "b64_json",
        "user": request.safety_identifier or None,
        **request.options,
        **openai.parameters(request),
    }
    return {name: values[name] for name in server.parameters if values.get(name) is not None}


async def _content(request: PictureRequest, response: Any) -> bytes:
    picture = response["data"][0]
    if encoded := picture.get("b64_json"):
        return base64_text.decode(encoded)
    # A server may return a URL even if base64 was requested.
    return await _download(request, picture["url"])


async def _download(request: PictureRequest, url: str) -> bytes:
    if url.startswith("data:"):
        return base64_text.decode(url)
    timeout_seconds = min(DOWNLOAD_MAX_SECONDS, request.timeout_seconds)
    try:
        response = await outbound.fetch(url, accept=ACCEPT, max_bytes=raster.MAX_BYTES, timeout_seconds=timeout_seconds)
    except OutboundError as error:
        # The error names the host only. The URL may contain a signature.
        retry_may_succeed = isinstance(error, OutboundFailed) and not isinstance(error, ResponseTooLong)
        raise errors.download_failed(request, detail=str(error), retry_may_succeed=retry_may_succeed) from None
    if response.status != 200:
        retry_may_succeed = response.status >= 400
        raise errors.download_failed(request, detail=f"HTTP {response.status}", retry_may_succeed=retry_may_succeed)
    return response.body
