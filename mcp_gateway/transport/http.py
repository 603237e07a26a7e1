"""One HTTP request and its answer, in ASGI's terms."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope

from infrastructure.limits import BODY_MAX_BYTES

BODY_READ_MAX_BYTES = 4 * BODY_MAX_BYTES

HeaderList = list[tuple[bytes, bytes]]


class BodyTooLarge(Exception):
    """The request's body is longer than BODY_MAX_BYTES."""


class ClientGone(Exception):
    """The client went away before its request was complete."""


@dataclass(frozen=True, slots=True)
class Request:
    """The head of a request. Header names are in lower case; of a repeated header the first one counts."""

    method: str
    headers: Mapping[str, str]
    header_lines: list[tuple[str, str]]
    peer: str | None

    @classmethod
    def of(cls, scope: HTTPScope) -> "Request":
        lines = [(name.decode("latin-1").lower(), value.decode("latin-1").strip()) for name, value in scope["headers"]]
        client = scope.get("client")
        return cls(scope["method"], dict(reversed(lines)), lines, client[0] if client else None)

    @property
    def forwarded_for(self) -> str:
        """What the proxies on the way have noted, each in a line of its own or after the one before."""
        return ", ".join(value for name, value in self.header_lines if name == "x-forwarded-for")

    def accepts(self, *media_types: str) -> bool:
        """Tell whether the client takes one of these; one that says nothing takes JSON."""
        ranges = self.headers.get("accept", "application/json").lower().split(",")
        return any(part.partition(";")[0].strip() in media_types for part in ranges)

    @property
    def accepts_json(self) -> bool:
        return self.accepts("application/json", "application/*", "*/*")

    @property
    def accepts_events(self) -> bool:
        return self.accepts("text/event-stream", "text/*", "*/*")


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer."""

    status: int
    body: bytes = b""
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    async def send(self, send: ASGISendCallable, *, extra: HeaderList) -> None:
        """Send it, with headers that come with every answer to this client."""
        lines = [*head(self.media_type if self.body else None, extra), (b"content-length", b"%d" % len(self.body))]
        lines += [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": lines, "trailers": False})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


def head(media_type: str | None, extra: HeaderList) -> HeaderList:
    """Return the headers of every answer: none may be kept by a cache or taken for another type than it says."""
    named = [(b"content-type", media_type.encode())] if media_type else []
    return [*named, (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"), *extra]


def json_response(status: int, content: Any, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return this content as JSON."""
    return Response(status, json.dumps(content, separators=(",", ":")).encode(), headers=headers or {})


def error_response(status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return what a client is told that did not get as far as the protocol."""
    return json_response(status, {"error": {"code": code, "message": message}}, headers=headers)


async def read_body(request: Request, receive: ASGIReceiveCallable) -> bytes:
    """Return the whole body.

    Raises:
        BodyTooLarge: It is more than may be sent.
        ClientGone: It did not arrive whole.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and (len(announced) >= 20 or int(announced) > BODY_READ_MAX_BYTES):
        raise BodyTooLarge
    body, taken, more = b"", 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        taken += len(message["body"])
        # What is a little too long is read to its end and dropped: a proxy that is still sending would not hear the
        # answer of a connection that closes.
        body = body + message["body"] if taken <= BODY_MAX_BYTES else b""
        more = message["more_body"] and taken <= BODY_READ_MAX_BYTES
    if taken > BODY_MAX_BYTES:
        raise BodyTooLarge
    return body
