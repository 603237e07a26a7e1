"""The client's IP address behind any number of trusted proxies."""

import ipaddress


def client_address(peer: str | None, forwarded_for: str, *, trusted_proxies: int) -> str | None:
    """Return the peer's address, or the address recorded by the outermost trusted proxy; None if it is invalid.

    Each proxy appends the address of its peer to X-Forwarded-For. With N trusted proxies, only the last N entries are
    reliable: a client can forge every entry to the left of them.
    """
    hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
    if trusted_proxies == 0 or len(hops) < trusted_proxies:
        return _valid_address(peer)
    return _valid_address(hops[-trusted_proxies])


def _valid_address(text: str | None) -> str | None:
    # The value may be arbitrary text, and PostgreSQL accepts only valid addresses. A zone index (%eth0) is removed.
    try:
        return str(ipaddress.ip_address((text or "").partition("%")[0]))
    except ValueError:
        return None
