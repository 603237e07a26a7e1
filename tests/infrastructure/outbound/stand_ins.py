"""Stand-ins of the outside world: a name server, hosts, and addresses where nothing may arrive."""

import socket
import ssl
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Self

from tests.http_server import HttpServer

CRLF = b"\r\n"


class NameServer:
    """Resolves names to the addresses that a test sets, and records the names that were looked up."""

    def __init__(self) -> None:
        self.lookups: list[str] = []
        self._answers: dict[str, list[list[str]]] = {}

    def set(self, name: str, *answers: list[str]) -> None:
        """Set the addresses of a name for each lookup; the last ones stay."""
        self._answers[name] = list(answers)

    def getaddrinfo(self, host: str, port: object, *_: object, **__: object) -> list[Any]:
        self.lookups.append(host)
        if host not in self._answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        answers = self._answers[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        families = [socket.AF_INET if ip_address(address).version == 4 else socket.AF_INET6 for address in addresses]
        return [
            (family, socket.SOCK_STREAM, 6, "", (address, port or 0))
            for family, address in zip(families, addresses, strict=True)
        ]


class SilentListener:
    """An address that accepts connections and never responds."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._socket = socket.create_server((host, port))
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]

    def was_contacted(self) -> bool:
        try:
            self._socket.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._socket.close()


class Host(HttpServer):
    """A server of somebody else, which sends given bytes and records the requests."""

    def __init__(self, response: Callable[[], Iterable[bytes]], *, tls: ssl.SSLContext | None = None) -> None:
        self.paths: list[str] = []
        self.headers: list[Any] = []
        self.bodies: list[bytes] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.paths.append(self.requestline.split(" ")[1])
                outer.headers.append(self.headers)
                outer.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                try:
                    for part in response():
                        self.wfile.write(part)
                except ConnectionError:
                    """The client has closed the connection, as it does for a response that is too long."""

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        super().__init__(Handler)
        self.port = self._server.server_port
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
            self.url = f"https://127.0.0.1:{self.port}"


def response(*headers: bytes, status: bytes = b"200 OK", body: bytes = b"") -> Callable[[], list[bytes]]:
    """Return a function that returns a complete response."""
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    return lambda: [CRLF.join([*lines, b"", body])]
