"""CORS: the origins whose pages may call the MCP server from a browser."""

import ipaddress
import re
from typing import Final

from django.conf import settings

from mcp_gateway.transport.http import HeaderList, Request, Response, error_response

PREFLIGHT_MAX_AGE_SECONDS = 3600
METHODS = "GET, POST, DELETE"
REQUEST_HEADERS = (
    "Accept, Authorization, Content-Type, Last-Event-ID, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id"
)
# A whole origin, as browsers serialize it (RFC 6454, section 6.2): urlsplit would ignore text after a malformed port.
HTTP_ORIGIN: Final = re.compile(
    r"https?://(?P<host>[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?", re.ASCII
)
PORT_MAX: Final = 65535
EXPOSED_HEADERS = b"WWW-Authenticate, Retry-After, Allow"


def is_allowed(origin: str) -> bool:
    """Return whether pages of this origin may call: SITE_URL, ALLOWED_ORIGINS, and with DEBUG any loopback origin."""
    if origin.lower() in {allowed.lower() for allowed in (settings.SITE_URL, *settings.ALLOWED_ORIGINS)}:
        return True
    return settings.DEBUG and _is_loopback(origin)


def _is_loopback(origin: str) -> bool:
    match = HTTP_ORIGIN.fullmatch(origin.lower())
    if match is None or int(match["port"] or 0) > PORT_MAX:
        return False
    host = match["host"].strip("[]")
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check(request: Request) -> Response | None:
    """Return the response to a preflight or to a disallowed origin, or None if the request may proceed."""
    origin = request.headers.get("origin")
    if origin is None:
        return None
    if not is_allowed(origin):
        return error_response(403, "origin_not_allowed", "Requests from this origin aren't allowed.")
    if request.method == "OPTIONS" and "access-control-request-method" in request.headers:
        return _preflight_response()
    return None


def _preflight_response() -> Response:
    headers = {
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": REQUEST_HEADERS,
        "Access-Control-Max-Age": str(PREFLIGHT_MAX_AGE_SECONDS),
    }
    return Response(204, headers=headers)


def cors_headers(request: Request) -> HeaderList:
    """Return the headers that let a page of an allowed origin read the response."""
    origin = request.headers.get("origin")
    if origin is None:
        return []
    if not is_allowed(origin):
        return [(b"vary", b"origin")]
    return [
        (b"vary", b"origin"),
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", EXPOSED_HEADERS),
    ]
