"""Who may send a large body: without a valid key, session or link, a request ends after one mebibyte."""

import asyncio
import re
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.models import Session

from accounts import api_keys
from accounts.models import ApiKey, FailedKeyWindow, RequestWindow, User
from infrastructure.http import request_body
from infrastructure.limits import BODY_MAX_BYTES
from tests.api.program import Program
from tests.factories import session_of
from tests.images.upload_files import png
from tests.web_server import Server
from website import request_body as site_body

LIMIT, LARGE = BODY_MAX_BYTES, 19 * 1024 * 1024
TIMEOUT_SECONDS = 30


def status_after_a_mebibyte(server: Server, path: str, *headers: str) -> int:
    """Announce a large body, send little more than a mebibyte of it, and return the status of the response."""
    address = urlsplit(server.url)
    lines = [f"POST {path} HTTP/1.1", f"Host: {address.netloc}", f"Content-Length: {LARGE}", *headers]
    with socket.create_connection((address.hostname, address.port), timeout=TIMEOUT_SECONDS) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + bytes(LIMIT + 1000))
        found = re.match(rb"HTTP/1\.1 (\d+)", connection.recv(100))
    assert found
    return int(found[1])


@pytest.mark.django_db(transaction=True)
def test_without_a_valid_key_a_large_body_is_refused_before_it_is_read(server: Server, bob: User) -> None:
    revoked = api_keys.create(bob, name="Bob's")[1]
    ApiKey.objects.all().delete()
    for path, media_type in (("/api/v1/uploads", "image/png"), ("/api/openai/v1/images/edits", "multipart/form-data")):
        for key in (None, "Authorization: Bearer sk-1", f"Authorization: Bearer {revoked}"):
            headers = [f"Content-Type: {media_type}; boundary=x", *([key] if key else [])]
            assert status_after_a_mebibyte(server, path, *headers) == 401, (path, key)
    assert FailedKeyWindow.objects.get().failures == 2


@pytest.mark.django_db(transaction=True)
def test_without_a_session_or_a_valid_link_a_large_body_is_refused_before_it_is_read(server: Server) -> None:
    form = "Content-Type: multipart/form-data; boundary=x"
    assert status_after_a_mebibyte(server, "/u/none", "Content-Type: image/png") == 410
    for path in ("/dashboard/generate/", "/dashboard/uploads/"):
        assert status_after_a_mebibyte(server, path, form, "Cookie: sessionid=none") in {302, 401, 403}, path


@pytest.mark.django_db
def test_a_large_form_keeps_a_session_of_an_earlier_secret_key(alice: User, settings: Any) -> None:
    session = session_of(alice)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new secret"
    cookie = [(b"cookie", f"sessionid={session}".encode())]
    assert site_body._is_signed_in({"type": "http", "method": "POST", "path": "/dashboard/uploads/", "headers": cookie})
    assert Session.objects.filter(pk=session).exists()


def test_a_large_body_counts_once_against_the_rate_limit(program: Program, settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 5
    padded = png() + bytes(3 * LIMIT)
    assert program.post("uploads", content=padded, headers={"Content-Type": "image/png"}).status_code == 201
    assert RequestWindow.objects.get().requests == 1


@pytest.mark.parametrize(
    ("max_bytes", "permitted", "kept"),
    [
        (LIMIT, True, LIMIT + 1),
        (4 * LIMIT, True, 3 * LIMIT),
        (2 * LIMIT, True, 2 * LIMIT + 1),
        (LARGE, False, LIMIT + 1),
    ],
)
def test_the_sender_is_asked_for_once_and_the_body_ends_at_the_limit(
    max_bytes: int, permitted: bool, kept: int
) -> None:
    asked = []

    async def is_permitted() -> bool:
        asked.append(True)
        return permitted

    async def read_body() -> int:
        chunks = [bytes(LIMIT // 2)] * 6
        parts = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
        end: list[dict[str, Any]] = [{"type": "http.request", "more_body": False}, {"type": "http.disconnect"}]
        messages = iter([*parts, *end])

        async def receive() -> Any:
            return next(messages)

        receive_limited = request_body.limited(receive, max_bytes, is_permitted=is_permitted)
        length, more = 0, True
        while more:
            message = await receive_limited()
            length, more = length + len(message["body"]), message["more_body"]
        # Django waits for this one; the rest of a body that was ended is discarded.
        assert (await receive_limited())["type"] == "http.disconnect"
        return length

    assert asyncio.run(read_body()) == kept
    assert len(asked) == (max_bytes > LIMIT)
