"""A worker's counts, at a port of its own: to the same addresses as a web process's /metrics, and as plainly."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from infrastructure import metrics

READ_TIMEOUT_SECONDS = 5


class _Handler(BaseHTTPRequestHandler):
    timeout = READ_TIMEOUT_SECONDS

    def do_GET(self) -> None:
        seen = self.path == "/metrics" and metrics.is_allowed_address(self.client_address[0])
        body = generate_latest() if seen else b"not found"
        self.send_response(200 if seen else 404)
        self.send_header("Content-Type", CONTENT_TYPE_LATEST if seen else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Write nothing: a line for each question would be of nobody's interest."""


def serve(port: int) -> ThreadingHTTPServer:
    """Show them from now on, beside what the process does; 0 takes any free port.

    Raises:
        OSError: The port cannot be had.
    """
    server = ThreadingHTTPServer(("", port), _Handler)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
