"""The HTTP server for a worker's metrics, open to the same addresses as a web process's /metrics."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from infrastructure.observability import metrics

READ_TIMEOUT_SECONDS = 5


class _Handler(BaseHTTPRequestHandler):
    timeout = READ_TIMEOUT_SECONDS

    def do_GET(self) -> None:
        is_allowed = self.path == "/metrics" and metrics.is_allowed_address(self.client_address[0])
        body = generate_latest() if is_allowed else b"not found"
        self.send_response(200 if is_allowed else 404)
        self.send_header("Content-Type", CONTENT_TYPE_LATEST if is_allowed else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Write no access log."""


def serve(port: int) -> ThreadingHTTPServer:
    """Serve the metrics from a thread; port 0 takes any free port.

    Raises:
        OSError: The port is not available.
    """
    server = ThreadingHTTPServer(("", port), _Handler)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
