"""The loopback addresses of this machine, and the web process of development, which listens on all of them.

`localhost` means 127.0.0.1 for some programs and ::1 for others. Passkeys require a host name, so that pages are opened
at `localhost`.
"""

import socket
import sys
from typing import Final

import uvicorn

IPV4: Final = "127.0.0.1"
IPV6: Final = "::1"
NAME: Final = "localhost"
STARTUP_FAILURE: Final = 3


def bind(port: int) -> list[socket.socket]:
    """Return a socket on each loopback address of this machine. They listen once the server has started.

    Raises:
        OSError: The port is in use on one of the addresses.
    """
    ipv4 = _bind(socket.AF_INET, IPV4, port)
    if not has_ipv6():
        return [ipv4]
    try:
        return [ipv4, _bind(socket.AF_INET6, IPV6, port)]
    except OSError:
        ipv4.close()
        raise


def has_ipv6() -> bool:
    """Return whether this machine has the address ::1."""
    try:
        _bind(socket.AF_INET6, IPV6, 0).close()
    except OSError:
        return False
    return True


def is_taken(port: int) -> bool:
    """Return whether a process listens on this port of a loopback address."""
    with socket.socket() as ipv4:
        if ipv4.connect_ex((IPV4, port)) == 0:
            return True
    if not has_ipv6():
        return False
    with socket.socket(socket.AF_INET6) as ipv6:
        return ipv6.connect_ex((IPV6, port)) == 0


def free_port() -> int:
    """Return a port that is free at the moment on every loopback address."""
    while True:
        with _bind(socket.AF_INET, IPV4, 0) as probe:
            port: int = probe.getsockname()[1]
        if not is_taken(port):
            return port


def _bind(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    bound = socket.socket(family)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((address, port))
    except OSError:
        bound.close()
        raise
    return bound


def serve(port: int) -> int:
    """Run the site until a signal, and return the exit status."""
    config = uvicorn.Config("config.asgi:application", access_log=False, proxy_headers=False, log_level="warning")
    server = uvicorn.Server(config)
    server.run(sockets=bind(port))
    return 0 if server.started else STARTUP_FAILURE


if __name__ == "__main__":
    sys.exit(serve(int(sys.argv[1])))
