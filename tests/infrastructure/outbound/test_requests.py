"""A request reaches the checked address, contains nothing of ours, and its response is returned as it is."""

import json
from pathlib import Path

import pytest

from infrastructure import outbound
from infrastructure.exceptions import OutboundFailed
from infrastructure.outbound.addresses import resolve
from tests.infrastructure.outbound.stand_ins import Host, NameServer, SilentListener, response

pytestmark = pytest.mark.usefixtures("loopback_allowed")


async def test_a_response_is_returned() -> None:
    with Host(response(b"Content-Type: Application/JSON; charset=utf-8", body=b"{}")) as host:
        received = await outbound.fetch(f"{host.url}/client.json", accept="application/json")
    assert (received.status, received.media_type, received.body) == (200, "application/json", b"{}")
    assert received.headers["content-length"] == "2"


async def test_a_request_has_only_the_necessary_headers(settings: object) -> None:
    with Host(response()) as host:
        await outbound.fetch(host.url, accept="image/*")
    assert host.paths == ["/"]
    assert {name.lower(): value for name, value in host.headers[0].items()} == {
        "host": f"127.0.0.1:{host.port}",
        "accept": "image/*",
        "accept-encoding": "identity",
        "user-agent": f"get-images (+{settings.SITE_URL})",  # type: ignore[attr-defined]
    }


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/a%20b/c?sig=a%2Bb+c/d==&x[]='1'~", "/a%20b/c?sig=a%2Bb+c/d==&x[]='1'~"),
        ("?q=1", "/?q=1"),
        ("/a..b/...?../c", "/a..b/...?../c"),
        ("/bücher?ü", "/b%C3%BCcher?%C3%BC"),
        ("/a#fragment", "/a"),
        ("//other.example/a", "//other.example/a"),
    ],
)
async def test_path_and_query_are_sent_unchanged_and_no_fragment(path: str, sent: str) -> None:
    with Host(response()) as host:
        await outbound.fetch(host.url + path)
    assert host.paths == [sent]


@pytest.mark.parametrize(
    ("name", "ascii_name"),
    [("Pictures.EXAMPLE", "pictures.example"), ("bücher.example", "xn--bcher-kva.example"), ("a_b", "a_b")],
)
async def test_a_name_is_resolved_and_sent_in_its_ascii_form(names: NameServer, name: str, ascii_name: str) -> None:
    names.set(ascii_name, ["127.0.0.1"])
    with Host(response()) as host:
        await outbound.fetch(f"http://{name}:{host.port}/")
    assert host.headers[0]["Host"] == f"{ascii_name}:{host.port}"


async def test_a_name_that_changes_its_address_leads_to_the_checked_one(names: NameServer) -> None:
    names.set("moving.example", ["127.0.0.1"], ["127.0.0.2"])
    with Host(response(body=b"checked")) as host, SilentListener("127.0.0.2", host.port) as other:
        received = await outbound.fetch(f"http://moving.example:{host.port}/")
        assert (received.body, other.was_contacted()) == (b"checked", False)
    assert names.lookups == ["moving.example"]


@pytest.mark.parametrize("position", range(3))
async def test_another_address_is_used_if_one_refuses_the_connection(names: NameServer, position: int) -> None:
    addresses = ["127.0.0.3", "127.0.0.4"]
    addresses.insert(position, "127.0.0.1")
    names.set("pictures.example", addresses)
    with Host(response(body=b"a")) as host:
        assert (await outbound.fetch(f"http://pictures.example:{host.port}/")).body == b"a"


async def test_ipv4_is_tried_first(names: NameServer) -> None:
    names.set("pictures.example", ["2606:4700:4700::1111", "8.8.8.8", "8.8.4.4"])
    resolved = await resolve("pictures.example")
    assert [str(address) for address in resolved] == ["8.8.8.8", "8.8.4.4", "2606:4700:4700::1111"]


@pytest.mark.parametrize("status", [b"301 Moved Permanently", b"302 Found", b"307 Temporary Redirect"])
async def test_a_redirect_is_returned_and_not_followed(listener: SilentListener, status: bytes) -> None:
    target = b"http://127.0.0.1:%d/" % listener.port
    with Host(response(b"Location: " + target, status=status)) as host:
        received = await outbound.fetch(host.url)
    assert (received.status, received.headers["location"]) == (int(status[:3]), target.decode())
    assert (listener.was_contacted(), len(host.paths)) == (False, 1)


async def test_cookies_are_not_kept() -> None:
    with Host(response(b"Set-Cookie: session=1; Path=/")) as host:
        await outbound.fetch(host.url)
        await outbound.fetch(host.url)
    assert [headers["Cookie"] for headers in host.headers] == [None, None]


async def test_proxies_and_netrc_of_the_environment_are_not_used(
    listener: SilentListener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for scheme in ("HTTP", "HTTPS", "ALL"):
        monkeypatch.setenv(f"{scheme}_PROXY", f"http://127.0.0.1:{listener.port}")
        monkeypatch.setenv(f"{scheme}_PROXY".lower(), f"http://127.0.0.1:{listener.port}")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login us password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with Host(response(body=b"direct")) as host:
        assert (await outbound.fetch(host.url)).body == b"direct"
    assert (host.headers[0]["Authorization"], listener.was_contacted()) == (None, False)


async def test_a_check_connects_to_nothing(names: NameServer, listener: SilentListener) -> None:
    names.set("pictures.example", ["127.0.0.1"])
    await outbound.check(f"http://pictures.example:{listener.port}/")
    assert not listener.was_contacted()
    with pytest.raises(OutboundFailed, match=r"unknown\.example was not found"):
        await outbound.check("https://unknown.example/")


async def test_a_post_sends_its_body_and_headers() -> None:
    body = json.dumps({"type": "webhook.test"}).encode()
    headers = {"Content-Type": "application/json", "webhook-id": "msg_1", "host": "other.example"}
    with Host(response(status=b"204 No Content")) as host:
        received = await outbound.send(f"{host.url}/hook", body, headers=headers)
    assert (received.status, received.body, host.bodies) == (204, b"", [body])
    assert host.headers[0]["webhook-id"] == "msg_1"
    assert host.headers[0].get_all("Host") == [f"127.0.0.1:{host.port}"]


async def test_a_post_without_content_has_a_length() -> None:
    with Host(response()) as host:
        await outbound.send(host.url, b"", headers={})
    assert host.headers[0]["Content-Length"] == "0"


async def test_the_response_to_a_post_is_cut_off() -> None:
    with Host(response(body=b"a" * 100_000)) as host:
        received = await outbound.send(host.url, b"{}", headers={})
    assert (received.status, received.body) == (200, b"a" * 1024)


async def test_a_compressed_response_to_a_post_has_no_body() -> None:
    with Host(response(b"Content-Encoding: gzip", body=b"\x1f\x8b")) as host:
        received = await outbound.send(host.url, b"{}", headers={})
    assert (received.status, received.body) == (200, b"")
