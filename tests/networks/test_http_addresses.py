"""The guard: which addresses Kalkan may be sent to."""

from __future__ import annotations

import pytest

from kalkan.errors import InvalidInput, NetworkError
from kalkan.networks.addresses import check_address, is_open, open_addresses

CLOSED = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.0.3",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.254",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.7",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.4",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "::",
    "::1",
    "::2",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::1",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "2001::1",
    "2001:0:53aa:64c::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:0a00:0001::1",
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "not-an-address",
]
OPEN = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "172.15.0.1",
    "172.32.0.1",
    "192.167.1.1",
    "100.63.0.1",
    "100.128.0.1",
    "169.253.1.1",
]
OPEN_6 = [
    "2606:4700::1111",
    "2a00:1450:4001::1",
    "2001:4860:4860::8888",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
]


@pytest.mark.parametrize("address", CLOSED)
def test_closed_to_the_outside(address: str) -> None:
    assert not is_open(address)


@pytest.mark.parametrize("address", OPEN + OPEN_6)
def test_open(address: str) -> None:
    assert is_open(address)


def test_private_is_home_but_never_link_local() -> None:
    for address in ("127.0.0.1", "10.1.1.1", "192.168.1.1", "::1", "fd00::1", "::ffff:127.0.0.1"):
        assert is_open(address, allow_private=True), address
    for address in ("169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0", "::", "100.100.100.200"):
        assert not is_open(address, allow_private=True), address


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("ftp://example.org/x", "address_scheme"),
        ("file:///etc/passwd", "address_scheme"),
        ("gopher://example.org", "address_scheme"),
        ("javascript:alert(1)", "address_scheme"),
        ("example.org/feed", "address_scheme"),
        ("", "address_scheme"),
        ("http://", "address_unreadable"),
        ("http:///etc", "address_unreadable"),
        ("http://[::1", "address_unreadable"),
        ("http://exa\x00mple.org", "address_unreadable"),
        ("http://example.org:99999/", "address_unreadable"),
        ("http://example.org/" + "x" * 3000, "address_unreadable"),
        ("https://ayse:secret@example.org/feed", "address_credentials"),
        ("https://token@example.org/feed", "address_credentials"),
        ("http://example.org:22/", "address_port"),
        ("http://example.org:25/", "address_port"),
        ("http://example.org:6379/", "address_port"),
        ("http://example.org:70000/", "address_unreadable"),
        ("http://127.0.0.1/", "address_private"),
        ("http://[::1]/", "address_private"),
        ("http://[::ffff:169.254.169.254]/latest/meta-data", "address_private"),
        ("http://169.254.169.254/latest/meta-data", "address_private"),
        ("http://10.0.0.1:8080/", "address_private"),
    ],
)
def test_refused_before_asking(address: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_address(address)
    assert refused.value.code == code
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("address", ["https://example.org/feed?x=1", "http://example.org:8080/", "https://münih.test/"])
def test_let_through(address: str) -> None:
    assert check_address(address).host


def test_numbers_that_spell_loopback_are_caught_when_resolved() -> None:
    for host in ("2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "meta.example"):
        with pytest.raises(NetworkError) as refused:
            open_addresses(host, 80, resolve=lambda host, port: ["127.0.0.1", "169.254.169.254", "::1"])
        assert refused.value.code == "address_private"
        assert refused.value.permanent


def test_only_open_ones_of_several_addresses_are_used() -> None:
    found = open_addresses("mixed.example", 80, resolve=lambda host, port: ["10.0.0.1", "93.184.216.34", "::1"])
    assert found == ("93.184.216.34",)


def test_unknown_name_may_come_back() -> None:
    def fails(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    for resolve in (fails, lambda host, port: []):
        with pytest.raises(NetworkError) as fault:
            open_addresses("nowhere.example", 443, resolve=resolve)
        assert fault.value.code == "host_unknown"
        assert not fault.value.permanent
