"""Redirect URIs: which a client may have, and which of its own a request may name."""

import re
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

MAX_CHARACTERS: Final = 500
LOOPBACK_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})
PRINTABLE: Final = re.compile(r"[!-\[\]-~]+", re.ASCII)
# Schemes that a browser handles itself: a redirect to one would run code or open a file.
BROWSER_SCHEMES: Final = frozenset(
    {
        *("javascript", "data", "vbscript", "file", "filesystem", "blob", "about", "view-source", "chrome"),
        *("ws", "wss", "ftp", "mailto", "tel", "sms", "intent", "ms-appx", "jar", "resource"),
    }
)


class Destination(NamedTuple):
    """The host to which a person returns, or the scheme of an app, for the consent page."""

    name: str
    is_loopback: bool
    is_app: bool


def is_valid(uri: str) -> bool:
    """Return whether a client may have this redirect URI: https, http to loopback, or a scheme of its own."""
    address = _split(uri)
    if address is None or len(uri) > MAX_CHARACTERS or not PRINTABLE.fullmatch(uri):
        return False
    if "#" in uri or "@" in address.netloc:
        return False
    if address.scheme == "https":
        return bool(address.hostname)
    if address.scheme == "http":
        return address.hostname in LOOPBACK_HOSTS
    return bool(address.scheme) and address.scheme not in BROWSER_SCHEMES


def matches(own: str, requested: str) -> bool:
    """Compare as text; between two http loopback URIs, the port is free (RFC 8252, section 7.3)."""
    if own == requested:
        return True
    if not (is_loopback(own) and is_loopback(requested) and is_valid(requested)):
        return False
    return _without_port(own) == _without_port(requested)


def is_loopback(uri: str) -> bool:
    """Return whether this is an http URI of the person's own machine."""
    address = _split(uri)
    return address is not None and address.scheme == "http" and address.hostname in LOOPBACK_HOSTS


def destination(uri: str) -> Destination:
    """Return to where this URI leads a person."""
    address = urlsplit(uri)
    is_app = address.scheme not in {"http", "https"}
    return Destination(f"{address.scheme}:" if is_app else address.hostname or "", is_loopback(uri), is_app)


def csp_source(uri: str) -> str:
    """Return the source that lets a form redirect to this URI: its origin, or the scheme of an app."""
    address = urlsplit(uri)
    if address.scheme in {"http", "https"}:
        return f"{address.scheme}://{address.netloc}"
    return f"{address.scheme}:"


def _split(uri: str) -> SplitResult | None:
    try:
        address = urlsplit(uri)
        _ = address.port
    except ValueError:
        return None
    return address


def _without_port(uri: str) -> tuple[str | None, str, str]:
    address = urlsplit(uri)
    return address.hostname, address.path, address.query
