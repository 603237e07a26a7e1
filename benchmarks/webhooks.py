"""Webhook deliveries: how long an event waits behind 10,000 deliveries of another user to a receiver that hangs."""

import contextlib
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from accounts.authentication import Caller
from accounts.models import User
from benchmarks.results import Row
from development import launcher
from images.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from images.webhooks import endpoints, secrets
from images.webhooks.deliveries import AT_ONCE
from images.webhooks.schemas import ALL_EVENTS
from images.worker import job_queue

WAITING: Final = 10_000
EVENTS: Final = 30
SECONDS_MAX: Final = 1.0
TIMEOUT_SECONDS: Final = 60.0
# The worker has begun as many tries as it may make at once.
BUSY_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.05


class Receiver(ThreadingHTTPServer):
    """A receiver that records when each event arrived, by its webhook-id."""

    def __init__(self) -> None:
        self.arrivals: dict[str, float] = {}
        self.arrived = threading.Condition()
        super().__init__(("127.0.0.1", 0), Handler)

    def wait_for(self, webhook_id: str) -> float:
        """Return when the event arrived.

        Raises:
            TimeoutError: It did not arrive within TIMEOUT_SECONDS.
        """
        with self.arrived:
            if not self.arrived.wait_for(lambda: webhook_id in self.arrivals, TIMEOUT_SECONDS):
                raise TimeoutError("The event did not arrive.")
            return self.arrivals[webhook_id]


class Handler(BaseHTTPRequestHandler):
    """Responds to every event with 204."""

    server: Receiver

    def do_POST(self) -> None:
        """Record the event."""
        self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.arrived:
            self.server.arrivals[self.headers["webhook-id"]] = time.perf_counter()
            self.server.arrived.notify_all()
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def measure() -> Iterator[Row]:
    """Yield the time from the commit of an event to its arrival, without and with the waiting deliveries."""
    with _receiving() as receiver, socket.create_server(("127.0.0.1", 0), backlog=1024) as silent:
        port = int(silent.getsockname()[1])
        with launcher.running(launcher.free_port(), {"OUTBOUND_ALLOW_LOOPBACK": "1"}):
            endpoint = _endpoint("quick@example.com", f"http://127.0.0.1:{receiver.server_port}/")
            _delays(endpoint, receiver, 3)
            yield Row(
                "webhook event to its receiver, median", statistics.median(_delays(endpoint, receiver)) * 1000, "ms"
            )
            dead = _endpoint("dead@example.com", f"http://127.0.0.1:{port}/")
            _fill(dead)
            _wait_until_busy(dead)
            longest = max(_delays(endpoint, receiver))
            name = f"the same behind {WAITING:,} deliveries of another user to a dead receiver, longest"
            yield Row(name, longest, "s", SECONDS_MAX, "at most")


@contextlib.contextmanager
def _receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.shutdown()
        thread.join()
        receiver.server_close()


def _endpoint(email: str, url: str) -> WebhookEndpoint:
    user = User.objects.create_user(email)
    secret = secrets.encrypt(secrets.create())
    return WebhookEndpoint.objects.create(user=user, url=url, event_types=list(ALL_EVENTS), secret=secret)


def _fill(endpoint: WebhookEndpoint) -> None:
    deliveries = (WebhookDelivery(endpoint=endpoint, event_type=WebhookEvent.TEST, data={}) for _ in range(WAITING))
    WebhookDelivery.objects.bulk_create(deliveries, batch_size=1000)
    job_queue.enqueue_deliveries(endpoint.pk)


def _wait_until_busy(endpoint: WebhookEndpoint) -> None:
    deadline = time.monotonic() + BUSY_SECONDS
    while WebhookDelivery.objects.filter(endpoint=endpoint, lease_expires_at__isnull=False).count() < AT_ONCE:
        if time.monotonic() > deadline:
            raise TimeoutError("The worker did not send the waiting deliveries.")
        time.sleep(POLL_SECONDS)


def _delays(endpoint: WebhookEndpoint, receiver: Receiver, events: int = EVENTS) -> list[float]:
    """Send events one after the other, and return the seconds from each commit to the event's arrival."""
    delays = []
    if endpoint.user is None:
        raise AssertionError("The endpoint has no owner.")
    caller = Caller.in_dashboard(endpoint.user)
    for _ in range(events):
        delivery = endpoints.send_test(caller, endpoint.pk)
        committed = time.perf_counter()
        delays.append(receiver.wait_for(str(delivery.pk)) - committed)
    return delays
