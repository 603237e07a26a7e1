"""HTTP requests to user-supplied URLs.

Each request resolves the name once, refuses it unless all of its addresses are public, and connects to one of these
addresses. Redirects are not followed, and proxies, netrc files and cookies are not used.
"""

import asyncio
import contextlib
import functools
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import httpcore2
import httpx2
from django.conf import settings

from infrastructure.exceptions import OutboundError, OutboundFailed, OutboundRefused, ResponseTooLong
from infrastructure.outbound import addresses, targets
from infrastructure.outbound.addresses import Address
from infrastructure.outbound.connection import BoundedStream, CheckedAddresses
from infrastructure.outbound.targets import Target

TIMEOUT_SECONDS: Final = 10.0
BODY_MAX_BYTES: Final = 20 * 1024 * 1024
EXCERPT_MAX_BYTES: Final = 1024

FAILURES: Final = (OSError, httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException)
TIMEOUTS: Final = (TimeoutError, httpcore2.TimeoutException)

logger = logging.getLogger(__name__)


class Response(NamedTuple):
    """A response of any status, including redirects."""

    status: int
    headers: httpx2.Headers
    body: bytes

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class OutboundRequest:
    """One request; `excerpt` cuts a longer body off instead of raising an error."""

    method: str
    url: str
    max_bytes: int
    timeout_seconds: float
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    excerpt: bool = False


async def check(url: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
    """Check a URL without connecting to its host. A later request checks it again.

    Raises:
        OutboundRefused: The URL is not allowed.
        OutboundFailed: The name of the host could not be resolved.
    """
    target = targets.parse(url)
    async with _limits(target.host, timeout_seconds):
        await _allowed_addresses(target)


async def fetch(
    url: str, *, accept: str = "*/*", max_bytes: int = BODY_MAX_BYTES, timeout_seconds: float = TIMEOUT_SECONDS
) -> Response:
    """Return the response to a GET request.

    Args:
        url: The URL, which may come from anyone.
        accept: The Accept header.
        max_bytes: The longest body that is accepted.
        timeout_seconds: The time for everything from the resolution of the name to the end of the body.

    Raises:
        OutboundRefused: The URL is not allowed, and nothing was connected to.
        OutboundFailed: There was no usable response. It is ResponseTooLong if the response has too many bytes.
    """
    request = OutboundRequest("GET", url, max_bytes, timeout_seconds, headers={"Accept": accept})
    return await exchange(request, certificates=_certificates())


async def send(
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str],
    max_bytes: int = EXCERPT_MAX_BYTES,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Response:
    """Return the response to a POST request, with at most `max_bytes` of its body and nothing of a compressed one.

    Raises: the same errors as `fetch`.
    """
    request = OutboundRequest("POST", url, max_bytes, timeout_seconds, headers=headers, body=body, excerpt=True)
    return await exchange(request, certificates=_certificates())


async def exchange(request: OutboundRequest, *, certificates: ssl.SSLContext) -> Response:
    """Send one request, with the certificate authorities of the given context, and return its response."""
    target = targets.parse(request.url)
    async with _limits(target.host, request.timeout_seconds):
        return await _exchange(request, target, await _allowed_addresses(target), certificates)


@functools.cache
def _certificates() -> ssl.SSLContext:
    # Loading the system's certificates is slow.
    return httpcore2.default_ssl_context()


@contextlib.asynccontextmanager
async def _limits(host: str, timeout_seconds: float) -> AsyncIterator[None]:
    """Set the deadline, log failures without the URL, which can contain a secret, and raise them as our errors."""
    try:
        async with asyncio.timeout(timeout_seconds):
            yield
    except OutboundError as error:
        logger.warning("request to %s failed: %s", host, type(error).__name__)
        raise
    except FAILURES as error:
        # The cause of a timeout is only the cancellation of what was running.
        cause = error if isinstance(error, TIMEOUTS) else error.__cause__ or error
        logger.warning("request to %s failed: %s", host, type(cause).__name__)
        raise OutboundFailed(_message(host, error, timeout_seconds)) from None


def _message(host: str, error: Exception, timeout_seconds: float) -> str:
    if isinstance(error, TIMEOUTS):
        return f"{host} did not respond within {timeout_seconds:g} s. Try again later."
    if isinstance(error, socket.gaierror):
        return f"The host name {host} was not found. Check the URL, or try again later."
    if isinstance(error.__cause__, ssl.SSLCertVerificationError):
        return f"{host} has no valid certificate for this name. Use a URL whose certificate is valid."
    if isinstance(error, httpcore2.ProtocolError):
        return f"{host} sent an invalid or incomplete response. Try again later, or use another URL."
    return f"{host} could not be reached. Check the URL, or try again later."


async def _allowed_addresses(target: Target) -> Sequence[Address]:
    if not (target.is_standard or settings.OUTBOUND_ALLOW_LOOPBACK):
        raise OutboundRefused("Only https URLs on port 443 are allowed.")
    found = await addresses.resolve(target.host)
    if settings.OUTBOUND_ALLOW_LOOPBACK and all(map(addresses.is_loopback, found)):
        return found
    if not (target.is_standard and all(map(addresses.is_public, found))):
        raise OutboundRefused(f"{target.host} is not a public https address. Use a URL on the public internet.")
    return found


async def _exchange(
    request: OutboundRequest, target: Target, allowed: Sequence[Address], certificates: ssl.SSLContext
) -> Response:
    url = httpcore2.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    headers = httpx2.Headers(request.headers)
    headers["Host"] = target.authority
    headers["User-Agent"] = f"get-images (+{settings.SITE_URL})"
    headers["Accept-Encoding"] = "identity"
    network = CheckedAddresses(allowed)
    async with (
        httpcore2.AsyncHTTPConnection(url.origin, ssl_context=certificates, network_backend=network) as connection,
        connection.stream(request.method, url, headers=headers.raw, content=request.body) as received,
    ):
        response = Response(received.status, httpx2.Headers(received.headers), b"")
        # A few kilobytes of a compressed body can exceed all memory.
        if response.headers.get("content-encoding", "").lower() in {"", "identity"}:
            return response._replace(body=await _body(request, received))
        if request.excerpt:
            return response
        raise OutboundFailed("The response is compressed, although this was not requested. Use another URL.")


async def _body(request: OutboundRequest, response: httpcore2.Response) -> bytes:
    stream: BoundedStream = response.extensions["network_stream"]
    body = bytearray()
    async with contextlib.aclosing(response.aiter_stream()) as chunks:
        async for chunk in chunks:
            body += chunk
            stream.count_body(len(chunk))
            if len(body) > request.max_bytes:
                break
    if len(body) > request.max_bytes and not request.excerpt:
        raise ResponseTooLong(f"The response has more than {request.max_bytes} bytes. Use one with a smaller response.")
    return bytes(body[: request.max_bytes])
