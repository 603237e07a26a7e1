"""The client's IP address behind any number of trusted proxies."""

import functools
import ipaddress
import re
from typing import Final

WITH_PORT: Final = re.compile(r"(?:\[(?P<v6>[^]]*)\](?::\d{1,5})?)|(?:(?P<v4>[\d.]+):\d{1,5})", re.ASCII)


def client_address(peer: str | None, forwarded_for: str, *, trusted_proxies: int) -> str | None:
    """Return the address recorded by the outermost trusted proxy, or else the peer's; None if both are invalid.

    Each proxy appends the address of its peer to X-Forwarded-For. With N trusted proxies, only the last N entries are
    reliable: a client can forge every entry to the left of them. With fewer entries, or if the proxy recorded no
    address ("unknown"), the peer's address is the only one that is certain.
    """
    hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
    recorded = hops[-trusted_proxies] if 0 < trusted_proxies <= len(hops) else None
    return _valid_address(recorded) or _valid_address(peer)


@functools.lru_cache(maxsize=256)
def _valid_address(text: str | None) -> str | None:
    # The value may be arbitrary text, and PostgreSQL accepts only valid addresses. A zone index (%eth0) and a port,
    # which some proxies record, are removed.
    address = (text or "").partition("%")[0]
    with_port = WITH_PORT.fullmatch(address)
    try:
        return str(ipaddress.ip_address(with_port["v6"] or with_port["v4"] if with_port else address))
    except ValueError:
        return None
