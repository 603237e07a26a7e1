"""HTTP requests and responses over ASGI, without a framework."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope

from infrastructure.http import request_headers
from infrastructure.limits import BODY_MAX_BYTES

# How much of a body that is too large is read before the connection is closed.
BODY_READ_MAX_BYTES: Final = 4 * BODY_MAX_BYTES
CONTENT_LENGTH_DIGITS_MAX: Final = 19
SINGLE_VALUE_HEADERS: Final = ("Authorization", "Content-Type", "Origin")
# The weight of a media range (RFC 9110, section 12.4.2).
WEIGHT: Final = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?", re.ASCII)

HeaderList = list[tuple[bytes, bytes]]


class BodyTooLarge(Exception):
    """The request body is longer than BODY_MAX_BYTES."""


class ClientDisconnected(Exception):
    """The client disconnected before its request was complete."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request without its body.

    Header names are in lower case; `headers` has the first value of a repeated header.
    """

    method: str
    headers: Mapping[str, str]
    header_lines: list[tuple[str, str]]
    peer: str | None

    @classmethod
    def from_scope(cls, scope: HTTPScope) -> "Request":
        lines = [(name.decode("latin-1").lower(), value.decode("latin-1").strip()) for name, value in scope["headers"]]
        client = scope.get("client")
        return cls(scope["method"], dict(reversed(lines)), lines, client[0] if client else None)

    def check_repeated_headers(self) -> None:
        """Check that each header with a single value was sent once, or as equal copies.

        `find_duplicated_routing_header` of the SDK checks the headers of MCP.

        Raises:
            InvalidArguments: A header was sent more than once, with different values.
        """
        for name in SINGLE_VALUE_HEADERS:
            lines = (value for line_name, value in self.header_lines if line_name == name.lower())
            request_headers.merge_copies(name, lines)

    def list_header(self, name: str) -> str | None:
        """Return the value of a header that is a list: all its lines, joined (RFC 9110, section 5.3)."""
        lines = [value for line_name, value in self.header_lines if line_name == name]
        return ", ".join(lines) if lines else None

    @property
    def forwarded_for(self) -> str:
        """All values of X-Forwarded-For, in order: a proxy may append to the header or add a line of its own."""
        return self.list_header("x-forwarded-for") or ""

    @property
    def media_type(self) -> str:
        """The media type of the body, without parameters; empty without Content-Type."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def accepts_json(self) -> bool:
        return self._accepts("application/json", "application/*", "*/*")

    @property
    def accepts_events(self) -> bool:
        return self._accepts("text/event-stream", "text/*", "*/*")

    @property
    def accepts_html(self) -> bool:
        """Whether Accept names HTML, as browsers do; a wildcard is not enough."""
        return self._accepts("text/html")

    def _accepts(self, *media_ranges: str) -> bool:
        """Return whether the first of these media ranges that Accept contains has a weight above 0.

        The ranges are in order of precedence (RFC 9110, section 12.5.1). Without the header, only JSON is accepted.
        """
        accept = self.list_header("accept")
        weights = _weights("application/json" if accept is None else accept)
        return next((weights[media_range] > 0 for media_range in media_ranges if media_range in weights), False)


@dataclass(frozen=True, slots=True)
class Response:
    """A complete response."""

    status: int
    body: bytes = b""
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    async def send(self, send: ASGISendCallable, *, extra_headers: HeaderList) -> None:
        """Send the response, with headers that every response to this request has."""
        headers = base_headers(self.media_type if self.body else None, extra_headers)
        headers += [(b"content-length", b"%d" % len(self.body))]
        headers += [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers, "trailers": False})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


def _weights(accept: str) -> dict[str, float]:
    """Return the weight of each media range of an Accept header; 1 if it has none or an invalid one."""
    weights = {}
    for item in accept.lower().split(","):
        media_range, *parameters = (part.strip() for part in item.split(";"))
        values = [value.strip() for name, _, value in (p.partition("=") for p in parameters) if name.strip() == "q"]
        weights[media_range] = float(values[0]) if values and WEIGHT.fullmatch(values[0]) else 1.0
    return weights


def base_headers(media_type: str | None, extra_headers: HeaderList) -> HeaderList:
    """Return the headers that every response has: no caching, no content sniffing, and the given extra headers."""
    content_type = [(b"content-type", media_type.encode())] if media_type else []
    return [*content_type, (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"), *extra_headers]


def json_response(status: int, content: Any, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response with this content as JSON."""
    return Response(status, json.dumps(content, separators=(",", ":")).encode(), headers=headers or {})


def error_response(status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return the response to a request that is rejected before it is parsed as JSON-RPC."""
    return json_response(status, {"error": {"code": code, "message": message}}, headers=headers)


async def read_body(request: Request, receive: ASGIReceiveCallable) -> bytes:
    """Return the whole request body.

    Raises:
        BodyTooLarge: The body is longer than BODY_MAX_BYTES.
        ClientDisconnected: The client disconnected before the body was complete.
    """
    length = request.headers.get("content-length", "")
    # A length of 20 digits or more is never converted: int() of a very long text is slow and has a limit.
    if length.isdecimal() and (len(length) > CONTENT_LENGTH_DIGITS_MAX or int(length) > BODY_READ_MAX_BYTES):
        raise BodyTooLarge
    body, received, more_body = b"", 0, True
    while more_body:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientDisconnected
        received += len(message["body"])
        # A body that is slightly too long is read to its end and dropped: a proxy that is still sending would not
        # receive the response of a connection that closes.
        body = body + message["body"] if received <= BODY_MAX_BYTES else b""
        more_body = message["more_body"] and received <= BODY_READ_MAX_BYTES
    if received > BODY_MAX_BYTES:
        raise BodyTooLarge
    return body
