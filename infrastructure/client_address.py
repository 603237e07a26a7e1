"""The client's IP address, behind any number of trusted proxies."""

import ipaddress


def client_address(peer: str | None, forwarded_for: str, *, trusted_proxies: int) -> str | None:
    """Return the client's address: the peer's own, or what the outermost of our own proxies saw.

    Each proxy appends the address it was called from to X-Forwarded-For, so that with N trusted proxies the Nth
    entry from the right is the last one that nobody outside could write.
    """
    hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
    if trusted_proxies == 0 or len(hops) < trusted_proxies:
        return _valid_address(peer)
    return _valid_address(hops[-trusted_proxies])


def _valid_address(text: str | None) -> str | None:
    # Servers and proxies hand on what they were told, which need not be an address that PostgreSQL would take.
    try:
        return str(ipaddress.ip_address((text or "").partition("%")[0]))
    except ValueError:
        return None
