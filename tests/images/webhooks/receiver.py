"""A user's server: records the requests and responds as a test sets it."""

import threading
from collections import deque
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import Final, NamedTuple

from tests.concurrency import eventually
from tests.http_server import HttpServer

ENDLESS_PART: Final = b"x" * 4096


class Received(NamedTuple):
    """One request to the receiver."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def webhook_id(self) -> str:
        return self.headers["webhook-id"]


class Answer(NamedTuple):
    """A response of the receiver; an endless one never stops sending its body."""

    status: int = 200
    body: bytes = b"ok"
    headers: Mapping[str, str] = {}
    endless: bool = False


class Receiver(HttpServer):
    """The server. It gives the planned answers in order, then the default one; `hold` delays all of them.

    It refuses the first `refused_events` events once each, so that they are sent again after the first, short pause.
    """

    def __init__(self, default: Answer = Answer()) -> None:  # noqa: B008 - immutable
        self.requests: list[Received] = []
        self.planned: deque[Answer] = deque()
        self.default = default
        self.refused_events = 0
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        self._released = threading.Event()
        self._released.set()
        super().__init__(self._handler())
        self.hook_url = f"{self.url}/hooks"

    def hold(self) -> None:
        self._released.clear()

    def release(self) -> None:
        self._released.set()

    def wait_for(self, count: int) -> list[Received]:
        eventually(lambda: len(self.requests) >= count)
        return self.requests

    def __exit__(self, *arguments: object) -> None:
        self.release()
        super().__exit__(*arguments)  # type: ignore[arg-type]

    def _receive(self, received: Received) -> Answer:
        with self._lock:
            is_refused = self.refused_events > 0 and self._is_new(received)
            self.requests.append(received)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            answer = self.planned.popleft() if self.planned else self.default
            if is_refused:
                self.refused_events -= 1
                answer = Answer(500)
        self._released.wait(60)
        with self._lock:
            self._at_once -= 1
        return answer

    def _is_new(self, received: Received) -> bool:
        return all(received.webhook_id != earlier.webhook_id for earlier in self.requests)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = outer._receive(Received(headers, body))
                try:
                    self._respond(answer)
                except ConnectionError:
                    """The client has closed the connection."""

            def _respond(self, answer: Answer) -> None:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if not answer.endless:
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)
                while answer.endless:
                    self.wfile.write(ENDLESS_PART)

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        return Handler
