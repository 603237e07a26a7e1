"""Redirect URIs: which a client may have, and which of its own a request may name."""

import logging
import re
from typing import Final, NamedTuple
from urllib.parse import urlsplit

MAX_CHARACTERS: Final = 500
PORT_MAX: Final = 65535
LOOPBACK_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
# No fragment, and no backslash, which browsers read as a slash.
CHARACTERS: Final = re.compile(r"[!\"$-\[\]-~]+", re.ASCII)
# The origin becomes a part of a header: no user part, and none of the characters that separate values there.
WEB_URI: Final = re.compile(
    r"(?P<origin>(?P<scheme>https?)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?)"
    r"(?P<rest>[/?].*)?",
    re.ASCII | re.IGNORECASE,
)
APP_URI: Final = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*):(?!//[^/?]*@).+", re.ASCII | re.IGNORECASE)
# Schemes that a browser handles itself: a redirect to one would run code or open a file.
BROWSER_SCHEMES: Final = frozenset(
    {
        *("http", "https", "ws", "wss", "ftp", "javascript", "data", "vbscript", "file", "filesystem", "blob", "about"),
        *("view-source", "chrome", "mailto", "tel", "sms", "intent", "ms-appx", "jar", "resource"),
    }
)
# Sites whose redirect page sends the browser on to their app.
APP_OF_SITE: Final = {"claude.ai": "claude:", "claude.com": "claude:"}

logger = logging.getLogger(__name__)


class Destination(NamedTuple):
    """The host or app scheme of a redirect URI, as shown on the consent page."""

    name: str
    is_loopback: bool
    is_app: bool


def is_valid(uri: str) -> bool:
    """Return whether a client may have this redirect URI: https, http to loopback, or a scheme of its own."""
    if len(uri) > MAX_CHARACTERS or not CHARACTERS.fullmatch(uri):
        return False
    try:
        # Rejects brackets that contain no IP address.
        urlsplit(uri)
    except ValueError:
        return False
    web, app = WEB_URI.fullmatch(uri), APP_URI.fullmatch(uri)
    if web:
        return int(web["port"] or 0) <= PORT_MAX and (web["scheme"].lower() == "https" or is_loopback(uri))
    return app is not None and app["scheme"].lower() not in BROWSER_SCHEMES


def matches(own: str, requested: str) -> bool:
    """Compare as text; between two http loopback URIs, the port is free (RFC 8252, section 7.3)."""
    if own == requested:
        return True
    parts = [match.group("host", "rest") for uri in (own, requested) if (match := WEB_URI.fullmatch(uri))]
    return is_loopback(own) and is_loopback(requested) and is_valid(requested) and parts[0] == parts[1]


def is_loopback(uri: str) -> bool:
    """Return whether this is an http URI of the user's own machine."""
    web = WEB_URI.fullmatch(uri)
    return web is not None and web["scheme"].lower() == "http" and web["host"].lower() in LOOPBACK_HOSTS


def destination(uri: str) -> Destination:
    """Return the destination of a valid URI."""
    web = WEB_URI.fullmatch(uri)
    name = web["host"].strip("[]") if web else f"{uri.partition(':')[0]}:"
    return Destination(name.lower(), is_loopback(uri), is_app=web is None)


def csp_source(uri: str) -> str:
    """Return the CSP sources that let a form redirect to a valid URI: its origin, or the scheme of an app."""
    web = WEB_URI.fullmatch(uri)
    if web is None:
        return destination(uri).name
    if web["host"].startswith("["):
        # A policy cannot contain an IPv6 address.
        return f"{web['scheme']}:"
    return " ".join([web["origin"], *filter(None, [APP_OF_SITE.get(web["host"].lower())])])


def log_refused(uri: object) -> None:
    """Log a refused URI without its user part, path and query, which can contain a secret."""
    scheme, _, rest = str(uri)[:MAX_CHARACTERS].partition(":")
    authority = re.split(r"[/?#\\]", rest[2:])[0] if rest.startswith("//") else ""
    logger.warning("redirect URI refused: scheme %.40r, host %.100r", scheme, authority.rpartition("@")[2])
