"""URLs that lead elsewhere than to the public internet are refused, and nothing is connected to."""

from ipaddress import ip_address

import pytest

from infrastructure import outbound
from infrastructure.exceptions import OutboundRefused
from tests.infrastructure.outbound.stand_ins import NameServer, SilentListener

NOT_PUBLIC = [
    *("0.0.0.0", "0.1.2.3"),  # noqa: S104 (this network)
    *("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),  # private
    *("127.0.0.1", "127.255.255.254", "::1"),  # loopback
    *("100.64.0.1", "100.100.100.200", "100.127.255.255"),  # carrier-grade NAT
    *("169.254.0.1", "169.254.169.254", "fe80::1", "fe80::1%1"),  # link-local, with the metadata service
    *("168.63.129.16", "192.0.0.192", "fd00:ec2::254"),  # services of clouds
    *("192.0.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "198.19.255.255"),
    *("192.88.99.1", "2002:808:808::1", "2002:a00:1::1"),  # 6to4
    *("224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1"),  # multicast
    *("240.0.0.1", "255.255.255.255"),  # reserved, broadcast
    *("::", "::127.0.0.1", "::8.8.8.8"),  # unspecified, compatible IPv4
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:0:8.8.8.8"),  # mapped and translated IPv4
    *("64:ff9b::a00:1", "64:ff9b::808:808", "64:ff9b:1::1"),  # NAT64
    *("2001::1", "2001:0:808:808::1", "2001:2::1", "2001:10::1", "2001:20::1"),  # Teredo, benchmarks, ORCHID
    *("2001:db8::1", "3fff::1", "100::1", "5f00::1", "4000::1"),  # documentation, discard, segment routing, unassigned
    *("fc00::1", "fdff::1", "fec0::1"),  # unique local, site-local
]
PUBLIC = ["8.8.8.8", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "198.20.0.1", "223.255.255.254"]
PUBLIC_IPV6 = ["2606:4700:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888", "2620:4f:8000::1"]


@pytest.mark.parametrize("address", NOT_PUBLIC)
async def test_a_name_whose_address_is_not_public_is_refused(names: NameServer, address: str) -> None:
    names.set("pictures.example", [address])
    with pytest.raises(OutboundRefused, match=r"pictures\.example is not a public https address"):
        await outbound.fetch("https://pictures.example/a.png", timeout_seconds=1)


@pytest.mark.parametrize("address", [address for address in NOT_PUBLIC if "%" not in address])
async def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(OutboundRefused, match="is not a public https address"):
        await outbound.fetch(f"https://{host}/a.png", timeout_seconds=1)


@pytest.mark.parametrize("address", [*PUBLIC, *PUBLIC_IPV6])
async def test_a_public_address_is_accepted(names: NameServer, address: str) -> None:
    names.set("pictures.example", [address])
    await outbound.check("https://pictures.example/a.png")
    await outbound.check(f"https://{f'[{address}]' if ':' in address else address}/a.png")
    assert names.lookups == ["pictures.example"]


@pytest.mark.parametrize("other", ["10.0.0.1", "8.8.8.8", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("is_last", [True, False])
async def test_one_refused_address_refuses_the_name(
    names: NameServer, listener: SilentListener, loopback_allowed: None, other: str, is_last: bool
) -> None:
    names.set("pictures.example", ["127.0.0.1", other] if is_last else [other, "127.0.0.1"])
    for url in (f"http://pictures.example:{listener.port}/", f"https://pictures.example:{listener.port}/"):
        with pytest.raises(OutboundRefused):
            await outbound.fetch(url, timeout_seconds=1)
    assert not listener.was_contacted()


@pytest.mark.parametrize("bad", ["10.0.0.1", "127.0.0.1", "fd00::1"])
async def test_a_public_and_a_private_address_refuse_the_name(names: NameServer, bad: str) -> None:
    names.set("pictures.example", ["8.8.8.8", bad, "2606:4700:4700::1111"])
    with pytest.raises(OutboundRefused):
        await outbound.fetch("https://pictures.example/", timeout_seconds=1)


@pytest.mark.parametrize("url", ["http://127.0.0.1:{}/", "https://127.0.0.1:{}/", "http://local.example:{}/"])
async def test_loopback_is_refused_in_production(names: NameServer, listener: SilentListener, url: str) -> None:
    names.set("local.example", ["127.0.0.1"])
    with pytest.raises(OutboundRefused, match="Only https URLs on port 443"):
        await outbound.fetch(url.format(listener.port), timeout_seconds=1)
    assert (names.lookups, listener.was_contacted()) == ([], False)


@pytest.mark.parametrize("url", ["http://public.example/", "https://public.example:8443/", "http://8.8.8.8/"])
async def test_loopback_allowed_allows_nothing_else(names: NameServer, loopback_allowed: None, url: str) -> None:
    names.set("public.example", ["8.8.8.8"])
    with pytest.raises(OutboundRefused, match="is not a public https address"):
        await outbound.fetch(url, timeout_seconds=1)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://user:secret@pictures.example/", "user name or password"),
        ("https://user@pictures.example/", "user name or password"),
        ("https://@pictures.example/", "user name or password"),
        ("https://pictures.example/a/../b", "segments"),
        ("https://pictures.example/./b", "segments"),
        ("https://pictures.example/a/..", "segments"),
        ("https://pictures.example/%2e%2E/b", "segments"),
        ("https://pictures.example/.%2e", "segments"),
        ("http://pictures.example/", "Only https"),
        ("https://pictures.example:80/", "Only https"),
        ("https://pictures.example:8443/", "Only https"),
    ],
)
async def test_the_message_names_what_is_wrong(names: NameServer, url: str, message: str) -> None:
    names.set("pictures.example", ["8.8.8.8"])
    with pytest.raises(OutboundRefused, match=message):
        await outbound.fetch(url, timeout_seconds=1)
    assert names.lookups == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "pictures.example/a.png",
        "//pictures.example/",
        "https:pictures.example",
        "https:/pictures.example",
        "https:///a.png",
        "https://:443/",
        "ftp://pictures.example/",
        "file:///etc/passwd",
        "https://pictures.example:0/",
        "https://pictures.example:65536/",
        "https://pictures.example:-1/",
        "https://pictures.example:٤٤٣/",
        "https://pictures.example./",
        "https://pictures..example/",
        "https://.pictures.example/",
        "https://-pictures.example/",
        "https://pictures.example-/",
        "https://pict%75res.example/",
        f"https://{'a' * 64}.example/",
        f"https://{'a.' * 130}example/",
        "https://pictures\u200d.example/",
        "https://pictures℀.example/",
        "https://pictures.example\\@other.example/",
        "https://pictures.example/\\",
        " https://pictures.example/",
        "https://pictures.example/ a",
        "https://pictures.example/\r\nX-Header: 1",
        "https://pictures.\nexample/",
        "https://pictures.example/\x7f",
        "https://pictures.example/\ud800",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://127.0.0.0x1/",
        "https://127.0.0.1.1/",
        "https://8.8.8.256/",
        "https://pictures.0x/",
        "https://[fe80::1%25eth0]/",
        "https://[fe80::1%eth0]/",
        "https://[::1/",
        "https://[::1]a/",
        "https://a[::1]/",
        "https://[v1.a]/",
        "https://[127.0.0.1]/",
        "https://::1/",
    ],
)
async def test_an_invalid_url_is_refused_before_its_name_is_resolved(names: NameServer, url: str) -> None:
    with pytest.raises(OutboundRefused, match="The URL is not valid"):
        await outbound.fetch(url, timeout_seconds=1)
    assert names.lookups == []


@pytest.mark.parametrize("host", ["\uff11\uff12\uff17.\uff10.\uff10.\uff11", "①②⑦。⓪.⓪.①"])
async def test_an_address_in_other_digits_is_checked_as_an_address(names: NameServer, host: str) -> None:
    with pytest.raises(OutboundRefused, match=r"127\.0\.0\.1 is not a public"):
        await outbound.fetch(f"https://{host}/", timeout_seconds=1)
    assert names.lookups == []


def test_every_address_of_the_table_is_valid() -> None:
    assert len({ip_address(address) for address in NOT_PUBLIC}) == len(NOT_PUBLIC)
