"""Client ID Metadata Documents: what is fetched, what is accepted, and how long a copy is used."""

import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_address
from typing import Any, Final

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import OAuthClient, User
from accounts.oauth import client_documents, clients
from accounts.oauth.errors import OAuthError, UntrustedRequest
from tests.infrastructure.outbound.stand_ins import Host, NameServer, SilentListener, response
from tests.website.oauth import steps

pytestmark = pytest.mark.django_db

CLAUDE: Final = "https://claude.ai/oauth/mcp-oauth-client-metadata"
PATH: Final = "/app.json"
REDIRECT_URI: Final = "http://127.0.0.1/callback"

# Every address to which Python code connects while a test records them. The client of PostgreSQL is not Python code.
_connected: list[Any] | None = None


def _record(event: str, arguments: Any) -> None:
    if event == "socket.connect" and _connected is not None:
        _connected.append(arguments[1])


sys.addaudithook(_record)


@pytest.fixture(autouse=True)
def connected() -> Iterator[list[Any]]:
    """The addresses that were connected to."""
    global _connected  # noqa: PLW0603
    _connected = []
    yield _connected
    _connected = None


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> NameServer:
    """The only name server; a name that a test does not set is unknown."""
    server = NameServer()
    monkeypatch.setattr(socket, "getaddrinfo", server.getaddrinfo)
    return server


@pytest.fixture
def loopback_allowed(settings: Any) -> None:
    settings.OUTBOUND_ALLOW_LOOPBACK = True


class Site:
    """A site on this machine with the document of a client. Each request gets the next response; the last one stays."""

    def __init__(self) -> None:
        self.responses: list[Callable[[], Any]] = []
        self.host = Host(self._next_response)
        self.client_id = self.host.url + PATH

    def _next_response(self) -> Any:
        return (self.responses.pop(0) if len(self.responses) > 1 else self.responses[0])()

    @property
    def requests(self) -> list[str]:
        return self.host.paths

    def document(self, **changes: Any) -> dict[str, Any]:
        document = {
            "client_id": self.client_id,
            "client_name": "Test app",
            "redirect_uris": [REDIRECT_URI],
            "token_endpoint_auth_method": "none",
            **changes,
        }
        return {name: value for name, value in document.items() if value is not None}

    def serve(self, *headers: bytes, media_type: bytes = b"application/json", **changes: Any) -> None:
        self.serve_body(json.dumps(self.document(**changes)).encode(), *headers, media_type=media_type)

    def serve_body(self, body: bytes, *headers: bytes, media_type: bytes = b"application/json", **parts: Any) -> None:
        self.responses.append(response(b"Content-Type: " + media_type, *headers, body=body, **parts))


@pytest.fixture
def site(loopback_allowed: None) -> Iterator[Site]:
    site = Site()
    with site.host:
        yield site


def find(client_id: str, user: User | None = None) -> OAuthClient:
    """Return the client; without a user for somebody who has fetched no document."""
    return clients.find_for_consent(client_id, user or User())


def is_refused(client_id: str) -> bool:
    try:
        find(client_id)
    except UntrustedRequest:
        return client_id not in OAuthClient.objects.values_list("pk", flat=True)
    return False


def test_a_document_becomes_a_client(site: Site) -> None:
    site.serve(client_name="Corgi", grant_types=["urn:unknown", "authorization_code"], scope="openid")
    client = find(site.client_id)
    assert (client.name, client.redirect_uris, client.auth_method) == ("Corgi", [REDIRECT_URI], "none")
    assert (client.host, client.secret_digest, client.keys) == ("127.0.0.1", None, None)
    assert site.host.headers[0]["Accept"] == "application/json"


def test_a_person_connects_an_app_by_its_document(site: Site, client: Client, alice: User) -> None:
    site.serve()
    client.force_login(alice)
    path = steps.consent_path(site.client_id, redirect_uri="http://127.0.0.1:40123/callback")
    code = steps.approve(client, path)["code"]
    tokens = steps.exchange(client, site.client_id, code, redirect_uri="http://127.0.0.1:40123/callback")
    assert tokens.status_code == 200
    assert site.requests == [PATH]


@pytest.mark.parametrize(
    "client_id",
    [
        "https://127.0.0.1/app.json",
        "https://[::1]/app.json",
        "https://2130706433/app.json",
        "https://10.0.0.1/app.json",
        "https://192.168.1.2/app.json",
        "https://172.16.0.1/app.json",
        "https://[fd00::1]/app.json",
        "https://[::ffff:127.0.0.1]/app.json",
        "https://169.254.169.254/latest/meta-data",
        "https://[fd00:ec2::254]/latest/meta-data",
        "https://metadata.internal/computeMetadata/v1",
        "https://localhost/app.json",
        "https://private.example/app.json",
        "https://mixed.example/app.json",
        "https://unknown.example/app.json",
        "https://public.example:8443/app.json",
        "http://public.example/app.json",
        "HTTPS://public.example/app.json",
        "ftp://public.example/app.json",
        "https://user@public.example/app.json",
        "https://user:secret@public.example/app.json",
        "https://public.example/a/../app.json",
        "https://public.example/./app.json",
        "https://public.example/%2e%2e/app.json",
        "https://public.example/app.json#part",
        "https://public.example",
        "https://public.example/",
        "https://рublic.example/app.json",  # noqa: RUF001 - the first letter is Cyrillic
        "https://public.example\\@127.0.0.1/app.json",
        "https://public.example/app.json\x00",
        "https://public.example/a b.json",
        "https://[::1/app.json",
        f"https://public.example/{'a' * 500}",
    ],
)
def test_a_client_id_that_is_no_public_document_is_refused_and_nothing_is_connected_to(
    client_id: str, names: NameServer, connected: list[Any]
) -> None:
    names.set("localhost", ["127.0.0.1"])
    names.set("metadata.internal", ["169.254.169.254"])
    names.set("private.example", ["10.0.0.1"])
    names.set("mixed.example", ["8.8.8.8", "10.0.0.1"])
    names.set("public.example", ["8.8.8.8"])
    names.set("xn--ublic-uye.example", ["8.8.8.8"])
    assert is_refused(client_id)
    assert connected == []


@pytest.mark.parametrize("form", ["https://127.0.0.1:{}", "http://127.0.0.1:{}", "https://inner.example:{}"])
def test_a_service_of_this_machine_is_not_contacted(form: str, names: NameServer) -> None:
    names.set("inner.example", ["127.0.0.1"])
    with SilentListener() as listener:
        assert is_refused(form.format(listener.port) + PATH)
        assert not listener.was_contacted()


def test_a_redirect_is_not_followed(site: Site) -> None:
    with SilentListener() as listener:
        location = f"Location: http://127.0.0.1:{listener.port}{PATH}".encode()
        site.serve_body(b"", location, status=b"302 Found")
        assert is_refused(site.client_id)
        assert not listener.was_contacted()


def test_a_document_of_20_megabytes_is_not_read(site: Site) -> None:
    site.serve(filler="a" * 20_000_000)
    assert is_refused(site.client_id)


def test_the_size_limit_is_16_kibibytes(site: Site) -> None:
    overhead = len(json.dumps(site.document(filler="")))
    site.serve(filler="a" * (16 * 1024 - overhead))
    assert find(site.client_id)
    other = Site()
    with other.host:
        other.serve(filler="a" * (16 * 1024 - overhead + 1))
        assert is_refused(other.client_id)


def test_a_slow_document_and_slow_keys_have_one_deadline(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_documents, "TIMEOUT_SECONDS", 0.3)
    released = threading.Event()

    def stalled() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        released.wait()

    site.serve(jwks_uri=f"{site.host.url}/keys.json")
    site.responses.append(stalled)
    assert is_refused(site.client_id)
    released.set()
    assert site.requests == [PATH, "/keys.json"]


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (None, b"text/html", b"200 OK"),
        (None, b"text/plain", b"200 OK"),
        (None, b"application/jsonp", b"200 OK"),
        (None, b"application/json", b"404 Not Found"),
        (None, b"application/json", b"403 Forbidden"),
        (b"", b"application/json", b"200 OK"),
        (b"{", b"application/json", b"200 OK"),
        (b"[]", b"application/json", b"200 OK"),
        (b"null", b"application/json", b"200 OK"),
        (b"\xff", b"application/json", b"200 OK"),
        (b"[" * 16_000, b"application/json", b"200 OK"),
    ],
)
def test_a_response_that_is_no_document_is_refused(
    site: Site, body: bytes | None, media_type: bytes, status: bytes
) -> None:
    body = json.dumps(site.document()).encode() if body is None else body
    site.serve_body(body, media_type=media_type, status=status)
    assert is_refused(site.client_id)


@pytest.mark.parametrize(
    "media_type", [b"application/json; charset=utf-8", b"Application/JSON", b"application/cimd+json"]
)
def test_every_json_type_is_accepted(site: Site, media_type: bytes) -> None:
    site.serve(media_type=media_type)
    assert find(site.client_id)


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": None},
        {"client_id": "https://other.example/app.json"},
        {"client_id": 1},
        {"redirect_uris": None},
        {"redirect_uris": []},
        {"redirect_uris": "https://app.example/"},
        {"redirect_uris": [1]},
        {"redirect_uris": ["https://app.example/", "javascript:alert(1)"]},
        {"redirect_uris": ["http://evil.example/"]},
        {"token_endpoint_auth_method": "client_secret_basic"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": ["none"]},
        {"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_methods_supported": "none"},
        {"jwks": "keys"},
        {"jwks": {"keys": ["\x00"]}},
        {"jwks": {"keys": ["\ud800"]}},
        {"jwks_uri": "https://10.0.0.1/keys.json"},
    ],
)
def test_a_document_that_breaks_a_rule_is_refused(site: Site, changes: dict[str, Any]) -> None:
    site.serve(**changes)
    assert is_refused(site.client_id)


@pytest.mark.parametrize("method", ["none", "private_key_jwt", None])
def test_chatgpts_document_is_that_of_a_public_client(site: Site, method: str | None) -> None:
    supported = ["private_key_jwt", "none"]
    site.serve(
        token_endpoint_auth_method=method,
        token_endpoint_auth_methods_supported=supported,
        jwks_uri=f"{site.host.url}/keys.json",
    )
    site.serve_body(b'{"keys": [{"kty": "RSA"}]}')
    client = find(site.client_id)
    assert (client.auth_method, client.keys) == ("none", {"keys": [{"kty": "RSA"}]})


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 300),
        (b"Cache-Control: no-store", 300),
        (b"Cache-Control: max-age=1", 300),
        (b"Cache-Control: public, max-age=3600", 3600),
        (b"Cache-Control: max-age=31536000", 86400),
    ],
)
def test_a_copy_is_fresh_for_5_minutes_to_a_day(site: Site, header: bytes | None, seconds: int) -> None:
    site.serve(*filter(None, [header]))
    before = timezone.now()
    fresh_until = find(site.client_id).fresh_until
    assert fresh_until is not None
    assert before + timedelta(seconds=seconds) <= fresh_until <= timezone.now() + timedelta(seconds=seconds)
    find(site.client_id)
    assert site.requests == [PATH]


def test_an_old_copy_is_fetched_again_and_changed(site: Site) -> None:
    site.serve()
    find(site.client_id)
    OAuthClient.objects.filter(pk=site.client_id).update(fresh_until=timezone.now())
    site.responses.clear()
    site.serve(client_name="New name", redirect_uris=["https://app.example/new"])
    client = find(site.client_id)
    assert (client.name, client.redirect_uris) == ("New name", ["https://app.example/new"])


def test_a_failure_keeps_the_copy(site: Site) -> None:
    site.serve()
    find(site.client_id)
    OAuthClient.objects.filter(pk=site.client_id).update(fresh_until=timezone.now())
    site.responses.clear()
    site.serve_body(b"<html>Are you a robot?", media_type=b"text/html", status=b"403 Forbidden")
    assert find(site.client_id).redirect_uris == [REDIRECT_URI]
    assert site.requests == [PATH, PATH]


def test_a_failure_is_remembered_for_a_minute(site: Site) -> None:
    site.serve_body(b"", status=b"500 Internal Server Error")
    assert is_refused(site.client_id)
    site.responses.clear()
    site.serve()
    assert is_refused(site.client_id)
    assert site.requests == [PATH]
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(expires) FROM accounts_cache WHERE cache_key LIKE '%oauth.document%'")
        (expires,) = cursor.fetchone()
    assert timedelta(seconds=58) < expires - timezone.now() < timedelta(seconds=61)
    cache.clear()
    assert find(site.client_id)


def test_known_clients_work_without_their_documents(client: Client, alice: User, connected: list[Any]) -> None:
    client.force_login(alice)
    for known in OAuthClient.objects.exclude(fresh_until=None):
        path = steps.consent_path(known.id, redirect_uri=known.redirect_uris[0])
        response = client.get(path)
        assert response.status_code == 200, known.id
        assert known.name in response.content.decode()
    assert connected == []


def test_the_known_clients_are_those_with_published_documents() -> None:
    known = OAuthClient.objects.exclude(fresh_until=None)
    assert {client.name for client in known} == {
        *("Claude", "Claude Code", "ChatGPT", "Codex", "Visual Studio Code", "opencode", "Zed")
    }
    assert all(client.fresh_until < timezone.now() for client in known)  # type: ignore[operator]


def test_with_the_setting_off_nothing_is_fetched(site: Site, settings: Any, names: NameServer) -> None:
    settings.OAUTH_CLIENT_METADATA_DOCUMENTS = False
    site.serve()
    assert is_refused(site.client_id)
    assert find(CLAUDE).name == "Claude"
    assert (site.requests, names.lookups) == ([], [])


def test_while_all_slots_are_busy_a_copy_is_used_and_nothing_is_fetched(site: Site) -> None:
    site.serve()
    find(site.client_id)
    OAuthClient.objects.filter(pk=site.client_id).update(fresh_until=timezone.now())
    slots = [client_documents._slots.acquire(blocking=False) for _ in range(5)]
    try:
        assert find(site.client_id).name == "Test app"
        assert is_refused(site.client_id + "?other")
    finally:
        for _ in filter(None, slots):
            client_documents._slots.release()
    assert slots == [True, True, True, True, False]
    assert site.requests == [PATH]
    # The failure was ours and is not remembered.
    OAuthClient.objects.filter(pk=site.client_id).update(fresh_until=timezone.now())
    find(site.client_id)
    assert site.requests == [PATH, PATH]


def test_the_token_endpoint_fetches_nothing(site: Site) -> None:
    site.serve()
    with pytest.raises(OAuthError) as caught:
        clients.authenticate(site.client_id, secret=None)
    assert (caught.value.code, caught.value.status) == ("invalid_client", 401)
    assert site.requests == []


def test_nothing_is_fetched_for_somebody_who_is_signed_out(site: Site, client: Client) -> None:
    site.serve()
    assert client.get(steps.consent_path(site.client_id)).status_code == 302
    assert site.requests == []


def test_the_addresses_of_these_tests_would_be_recorded(site: Site, connected: list[Any]) -> None:
    site.serve()
    find(site.client_id)
    assert [ip_address(address).is_loopback for address, _ in connected] == [True]


def test_one_person_does_not_fetch_documents_in_quick_succession(
    site: Site, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_documents, "PAUSE_SECONDS", 60)
    site.serve()
    assert find(site.client_id, alice)
    with pytest.raises(UntrustedRequest):
        find(site.client_id + "?2", alice)
    assert site.requests == [PATH]
    OAuthClient.objects.filter(pk=site.client_id).update(fresh_until=timezone.now())
    assert find(site.client_id, alice).name == "Test app"
    assert site.requests == [PATH]
    find(site.client_id, bob)
    assert site.requests == [PATH, PATH]
