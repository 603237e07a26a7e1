"""Parse a URL into the parts of a request. It is parsed once, so that check and connection use the same parts."""

import re
import string
from ipaddress import IPv4Address, IPv6Address
from typing import Final, NamedTuple
from urllib.parse import quote, urlsplit

import idna

from infrastructure.exceptions import OutboundRefused

DEFAULT_PORTS: Final = {"https": 443, "http": 80}
# Parsers of URLs disagree about these characters.
AMBIGUOUS: Final = re.compile(r"[\x00-\x20\x7f\\]")
# An IPv6 address is in brackets and has no zone, such as "%eth0".
AUTHORITY: Final = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^:]+)(?::(?P<port>[0-9]{1,5}))?")
LABEL: Final = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
NAME: Final = re.compile(rf"(?=.{{1,253}}\Z){LABEL}(?:\.{LABEL})*")
# `getaddrinfo` reads a name that ends like this as an IPv4 address: 2130706433, 0x7f.1, 0177.0.0.1.
NUMERIC_NAME: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
DOT_SEGMENT: Final = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)

INVALID_URL: Final = "The URL is not valid. Use one such as https://example.com/path."


class Target(NamedTuple):
    """The parts of a URL: a name in ASCII or an address without brackets, and a path with its query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_standard(self) -> bool:
        return self.scheme == "https" and self.port == DEFAULT_PORTS["https"]

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def parse(url: str) -> Target:
    """Return the parts of an http or https URL, without its fragment.

    Raises:
        OutboundRefused: The URL is not valid, or has a user part or dot segments.
    """
    try:
        return _parse(url)
    except ValueError:
        raise OutboundRefused(INVALID_URL) from None


def _parse(url: str) -> Target:
    if AMBIGUOUS.search(url):
        raise ValueError
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise OutboundRefused("The URL contains a user name or password. Remove it.")
    if DOT_SEGMENT.search(parts.path):
        raise OutboundRefused('The path of the URL contains "." or ".." segments. Remove them.')
    authority = AUTHORITY.fullmatch(parts.netloc)
    if authority is None or parts.scheme not in DEFAULT_PORTS:
        raise ValueError
    port = int(authority["port"] or DEFAULT_PORTS[parts.scheme])
    if not 0 < port < 65536:
        raise ValueError
    path = parts.path or "/"
    if parts.query:
        path += f"?{parts.query}"
    # Only other than ASCII characters are escaped: a signature in the URL covers the rest as it is.
    return Target(parts.scheme, _host(authority["host"]), port, quote(path, safe=string.punctuation))


def _host(host: str) -> str:
    if host.startswith("["):
        return str(IPv6Address(host[1:-1]))
    name = host.lower() if host.isascii() else idna.encode(host, uts46=True, std3_rules=True).decode()
    if not NAME.fullmatch(name):
        raise ValueError
    return str(IPv4Address(name)) if NUMERIC_NAME.fullmatch(name) else name
