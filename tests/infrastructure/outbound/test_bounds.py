"""A host that is slow, sends too much or sends something else than HTTP ends one request, and nothing more."""

import asyncio
import itertools
import logging
import socket
import threading
from collections.abc import Callable, Iterable, Iterator

import pytest

from infrastructure import outbound
from infrastructure.exceptions import OutboundFailed, OutboundRefused, ResponseTooLong
from tests.infrastructure.outbound.stand_ins import Host, NameServer, SilentListener, response

pytestmark = pytest.mark.usefixtures("loopback_allowed")

SHORT_SECONDS = 0.2
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """An event on which a host waits until the test ends."""
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.parametrize(
    "start", [b"", b"HTTP/1.1 200 ", OK + b"Content-Length: 9\r\n", OK + b"Content-Length: 9\r\n\r\n", OK + b"\r\na"]
)
async def test_a_slow_response_ends_at_the_deadline(released: threading.Event, start: bytes) -> None:
    def stalled() -> Iterator[bytes]:
        yield start
        released.wait()

    with Host(stalled) as host:
        with pytest.raises(OutboundFailed, match=r"127.0.0.1 did not respond within 0\.2 s"):
            await outbound.fetch(host.url, timeout_seconds=SHORT_SECONDS)
        released.set()


async def test_slow_bytes_do_not_extend_the_deadline(released: threading.Event) -> None:
    def trickle() -> Iterator[bytes]:
        yield OK + b"\r\n"
        while not released.wait(0.01):
            yield b"a"

    with Host(trickle) as host, pytest.raises(OutboundFailed, match="did not respond"):
        await outbound.fetch(host.url, timeout_seconds=SHORT_SECONDS)


async def test_a_handshake_without_an_answer_ends_at_the_deadline(
    listener: SilentListener, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(OutboundFailed, match="did not respond"):
        await outbound.fetch(f"https://127.0.0.1:{listener.port}/", timeout_seconds=SHORT_SECONDS)
    assert [record.getMessage() for record in caplog.records] == ["request to 127.0.0.1 failed: TimeoutError"]


async def test_a_slow_name_server_ends_at_the_deadline_and_blocks_nothing(
    released: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object, **__: object) -> list[object]:
        released.wait()
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    requests = [
        outbound.fetch("https://pictures.example/", timeout_seconds=SHORT_SECONDS),
        outbound.check("https://pictures.example/", timeout_seconds=SHORT_SECONDS),
    ]
    errors = await asyncio.gather(*requests, return_exceptions=True)
    assert [type(error) for error in errors] == [OutboundFailed, OutboundFailed]


async def test_a_cancelled_request_ends(released: threading.Event) -> None:
    started = threading.Event()

    def stalled() -> Iterator[bytes]:
        yield OK
        started.set()
        released.wait()

    with Host(stalled) as host:
        task = asyncio.create_task(outbound.fetch(host.url))
        await asyncio.to_thread(started.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        released.set()


@pytest.mark.parametrize(
    ("length", "is_accepted"), [(0, True), (99_999, True), (100_000, True), (100_001, False), (1_000_000, False)]
)
@pytest.mark.parametrize("is_chunked", [True, False])
async def test_a_body_may_have_the_given_length_and_no_more(length: int, is_accepted: bool, is_chunked: bool) -> None:
    body = b"a" * length
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in [body[:7], body[7:]] if chunk)
    chunked = OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    with Host((lambda: [chunked]) if is_chunked else response(body=body)) as host:
        if is_accepted:
            assert (await outbound.fetch(host.url, max_bytes=100_000)).body == body
        else:
            with pytest.raises(ResponseTooLong, match="more than 100000 bytes"):
                await outbound.fetch(host.url, max_bytes=100_000)


async def test_a_large_body_in_usual_chunks_is_complete() -> None:
    chunks = (b"200\r\n" + b"a" * 512 + b"\r\n") * 20_000
    with Host(lambda: [OK, b"Transfer-Encoding: chunked\r\n\r\n", chunks, b"0\r\n\r\n"]) as host:
        assert len((await outbound.fetch(host.url, timeout_seconds=60)).body) == 10_240_000


@pytest.mark.parametrize(
    ("start", "repeated"),
    [
        (OK + b"\r\n", b"a" * 1000),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a" * 1000),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Trailer: a\r\n"),
        (OK, b"X-Header: " + b"a" * 1000 + b"\r\n"),
        (OK + b"X-Header: ", b"a" * 1000),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    ],
    ids=["body", "chunks", "chunk-extension", "trailers", "headers", "header", "early-hints"],
)
async def test_an_endless_response_is_cut_off(start: bytes, repeated: bytes) -> None:
    def endless() -> Iterable[bytes]:
        return itertools.chain([start], itertools.repeat(repeated * 100))

    with Host(endless) as host, pytest.raises(ResponseTooLong):
        await outbound.fetch(host.url, timeout_seconds=60)


async def test_a_header_of_usual_size_is_accepted() -> None:
    with Host(response(b"Content-Security-Policy: " + b"a" * 30_000, body=b"a")) as host:
        assert (await outbound.fetch(host.url)).body == b"a"


@pytest.mark.parametrize("encoding", [b"gzip", b"br", b"Deflate", b"identity, gzip", b"x"])
async def test_a_compressed_response_is_refused(encoding: bytes) -> None:
    with Host(response(b"Content-Encoding: " + encoding)) as host, pytest.raises(OutboundFailed, match="compressed"):
        await outbound.fetch(host.url)


async def test_the_identity_encoding_is_accepted() -> None:
    with Host(response(b"Content-Encoding: Identity", body=b"a")) as host:
        assert (await outbound.fetch(host.url)).body == b"a"


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"\x16\x03\x01",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        OK + b"Content-Length: 9\r\n\r\nabc",
        OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        OK + b"Transfer-Encoding: gzip\r\n\r\nabc",
        OK + b"no header\r\n\r\n",
    ],
)
async def test_an_invalid_or_incomplete_response_is_an_error(sent: bytes) -> None:
    with Host(lambda: [sent]) as host, pytest.raises(OutboundFailed, match="invalid or incomplete response"):
        await outbound.fetch(host.url)


async def test_a_refused_connection_is_an_error() -> None:
    with SilentListener() as listener:
        url = f"http://127.0.0.1:{listener.port}/"
    with pytest.raises(OutboundFailed, match=r"127\.0\.0\.1 could not be reached"):
        await outbound.fetch(url)


async def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(OutboundFailed, match=r"The host name unknown\.example was not found"):
        await outbound.fetch("https://unknown.example/")


@pytest.mark.parametrize(
    ("answer", "error_type"),
    [
        (response(b"Location: /secret-b", status=b"302 Found"), None),
        (response(b"Content-Encoding: secret-b"), OutboundFailed),
        (lambda: [b"secret-b"], OutboundFailed),
    ],
)
async def test_the_log_has_the_host_and_no_url(
    caplog: pytest.LogCaptureFixture, answer: Callable[[], list[bytes]], error_type: type[Exception] | None
) -> None:
    caplog.set_level(logging.DEBUG)
    with Host(answer) as host:
        if error_type:
            with pytest.raises(error_type):
                await outbound.fetch(f"{host.url}/secret-a?secret-c")
        else:
            await outbound.fetch(f"{host.url}/secret-a?secret-c")
    assert "secret" not in caplog.text
    assert ("request to 127.0.0.1 failed" in caplog.text) is bool(error_type)


async def test_a_refusal_is_logged_without_the_url(caplog: pytest.LogCaptureFixture, names: NameServer) -> None:
    names.set("inner.example", ["10.0.0.1"])
    with pytest.raises(OutboundRefused):
        await outbound.fetch("https://inner.example/secret")
    assert [record.getMessage() for record in caplog.records] == ["request to inner.example failed: OutboundRefused"]
