"""IP addresses: which are on the public internet, and which a host name has."""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

Address = IPv4Address | IPv6Address

# The lists are ours, because `is_global` depends on the version of Python and accepts multicast and IPv4 in IPv6.
# Source: https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry.
NOT_PUBLIC_IPV4: Final = [
    IPv4Network("0.0.0.0/8"),  # this network
    IPv4Network("10.0.0.0/8"),  # private
    IPv4Network("100.64.0.0/10"),  # carrier-grade NAT
    IPv4Network("127.0.0.0/8"),  # loopback
    IPv4Network("168.63.129.16/32"),  # Azure's platform services, in a range that is otherwise public
    IPv4Network("169.254.0.0/16"),  # link-local, with the metadata services of clouds
    IPv4Network("172.16.0.0/12"),  # private
    IPv4Network("192.0.0.0/24"),  # IETF protocol assignments
    IPv4Network("192.0.2.0/24"),  # documentation
    IPv4Network("192.88.99.0/24"),  # 6to4 relays
    IPv4Network("192.168.0.0/16"),  # private
    IPv4Network("198.18.0.0/15"),  # benchmarks
    IPv4Network("198.51.100.0/24"),  # documentation
    IPv4Network("203.0.113.0/24"),  # documentation
    IPv4Network("224.0.0.0/3"),  # multicast, reserved, broadcast
]
# Global unicast. Loopback, mapped and compatible IPv4, NAT64, unique local, link-local, site-local and multicast
# addresses are outside of it.
GLOBAL_IPV6: Final = IPv6Network("2000::/3")
NOT_PUBLIC_IPV6: Final = [
    IPv6Network("2001::/23"),  # IETF protocol assignments, with Teredo
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("2002::/16"),  # 6to4
    IPv6Network("3fff::/20"),  # documentation
]
LOOPBACK_IPV4: Final = IPv4Network("127.0.0.0/8")
LOOPBACK_IPV6: Final = IPv6Address("::1")

# Separate from asyncio's own threads: names with slow servers must not delay the rest of the process.
RESOLVER_THREADS: Final = 32
_resolver: Final = ThreadPoolExecutor(RESOLVER_THREADS, thread_name_prefix="resolver")


def is_public(address: Address) -> bool:
    """Return whether the address is on the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_IPV4)
    return address in GLOBAL_IPV6 and not any(address in network for network in NOT_PUBLIC_IPV6)


def is_loopback(address: Address) -> bool:
    """Return whether the address belongs to this machine."""
    return address in LOOPBACK_IPV4 if isinstance(address, IPv4Address) else address == LOOPBACK_IPV6


def parse(text: str) -> Address | None:
    """Return the address that the text is, or None if it is a name."""
    try:
        return ip_address(text)
    except ValueError:
        return None


async def resolve(host: str) -> Sequence[Address]:
    """Return all addresses of a host, at least one and IPv4 first. An address is its own only address.

    Raises:
        OSError: The name has no address, or the name server did not respond.
    """
    if address := parse(host):
        return [address]
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(_resolver, _lookup, host)
    return sorted(found, key=lambda address: address.version)


def _lookup(host: str) -> list[Address]:
    entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [ip_address(address[0]) for *_, address in entries]
