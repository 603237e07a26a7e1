"""The certificate of the host must be valid for the name of the URL, although the connection is made to an address."""

import datetime
import ssl
from pathlib import Path

import pytest

from infrastructure import outbound
from infrastructure.exceptions import OutboundFailed
from infrastructure.outbound.client import OutboundRequest, exchange
from tests.infrastructure.outbound.certificates import Authority
from tests.infrastructure.outbound.stand_ins import Host, NameServer, response

pytestmark = pytest.mark.usefixtures("loopback_allowed")

INVALID = "has no valid certificate"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


async def get(url: str, certificates: ssl.SSLContext) -> bytes:
    request = OutboundRequest("GET", url, max_bytes=1000, timeout_seconds=60)
    return (await exchange(request, certificates=certificates)).body


async def test_the_name_is_in_the_handshake_and_in_the_header(
    names: NameServer, authority: Authority, tmp_path: Path
) -> None:
    names.set("xn--bcher-kva.example", ["127.0.0.1"])
    context, indicated = authority.server(tmp_path, "xn--bcher-kva.example"), []
    context.sni_callback = lambda _socket, name, _context: indicated.append(name)
    with Host(response(body=b"safe"), tls=context) as host:
        assert await get(f"https://bücher.example:{host.port}/", authority.trusted()) == b"safe"
    assert indicated == ["xn--bcher-kva.example"]
    assert host.headers[0]["Host"] == f"xn--bcher-kva.example:{host.port}"


async def test_an_address_can_have_a_certificate(authority: Authority, tmp_path: Path) -> None:
    with Host(response(body=b"safe"), tls=authority.server(tmp_path, "127.0.0.1")) as host:
        assert await get(host.url, authority.trusted()) == b"safe"


@pytest.mark.parametrize("certified", ["other.example", "127.0.0.1"])
async def test_a_certificate_of_another_name_is_refused(
    names: NameServer, authority: Authority, tmp_path: Path, certified: str
) -> None:
    names.set("pictures.example", ["127.0.0.1"])
    context = authority.server(tmp_path, certified)
    with Host(response(), tls=context) as host, pytest.raises(OutboundFailed, match=f"pictures.example {INVALID}"):
        await get(f"https://pictures.example:{host.port}/", authority.trusted())
    assert host.paths == []


async def test_an_expired_certificate_is_refused(authority: Authority, tmp_path: Path) -> None:
    context = authority.server(tmp_path, "127.0.0.1", age=datetime.timedelta(days=2))
    with Host(response(), tls=context) as host, pytest.raises(OutboundFailed, match=INVALID):
        await get(host.url, authority.trusted())
    assert host.paths == []


async def test_an_unknown_authority_is_refused(authority: Authority, tmp_path: Path) -> None:
    with Host(response(), tls=authority.server(tmp_path, "127.0.0.1")) as host:
        with pytest.raises(OutboundFailed, match=INVALID):
            await outbound.fetch(host.url)
        with pytest.raises(OutboundFailed, match=INVALID):
            await outbound.send(host.url, b"{}", headers={})
    assert host.paths == []


async def test_https_to_a_host_without_tls_is_an_error() -> None:
    with Host(response()) as host, pytest.raises(OutboundFailed, match="could not be reached"):
        await outbound.fetch(f"https://127.0.0.1:{host.port}/")
