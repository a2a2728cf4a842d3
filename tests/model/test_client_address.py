"""Who asks: addresses folded to one budget each, and X-Forwarded-For believed from the right."""

from __future__ import annotations

import ipaddress
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listenlink.actions.opening.rate_limits import OwnRateLimits
from listenlink.model.budget import Allowance, Budget, Spend
from listenlink.model.client_address import (
    Network,
    by_name,
    client_address,
    find_client,
    parse_address,
)

PROXIES: tuple[Network, ...] = (
    ipaddress.ip_network("10.0.0.0/8"),
    ipaddress.ip_network("fd00::/8"),
)

SAME_ADDRESS = [
    ("198.51.100.7", "198.51.100.7"),
    (" 198.51.100.7 ", "198.51.100.7"),
    ("198.51.100.7:443", "198.51.100.7"),
    ("198.51.100.7:", "198.51.100.7"),
    ("::ffff:198.51.100.7", "198.51.100.7"),
    ("::FFFF:c633:6407", "198.51.100.7"),
    ("0:0:0:0:0:ffff:198.51.100.7", "198.51.100.7"),
    ("[::ffff:198.51.100.7]:8080", "198.51.100.7"),
    ("::ffff:198.51.100.7%eth0", "198.51.100.7"),
    ("2001:db8::1", "2001:db8::1"),
    ("2001:0DB8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
    ("[2001:db8::1]", "2001:db8::1"),
    ("[2001:db8::1]:443", "2001:db8::1"),
    ("[2001:db8::1%25eth0]:443", "2001:db8::1"),
    ("2001:db8::1%eth0", "2001:db8::1"),
    ("fe80::1%1", "fe80::1"),
    ("::1", "::1"),
]
NO_ADDRESS = [
    "", " ", "unknown", "_hidden", "-", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4",
    "1.2.3.4/24", "::/64", ":80", "::1::", ":::", "12345::", "gggg::", "[", "[]", "[]:80", "1.2.3.4 5",
    "1.2.3.4\n5", "1.2.3.4\x00", "١.٢.٣.٤", "１.2.3.4", "0x7f.0.0.1", "2130706433", "+1.2.3.4",
    "for=1.2.3.4", '"1.2.3.4"', "http://1.2.3.4", "1" * 100_000, ":" * 100_000, ":" * 100_000 + "x",
    "0" * 100 + "1.2.3.4", "fe80::1%" + "z" * 100_000,
]  # fmt: skip

WALKS = [
    # peer, X-Forwarded-For, who it is
    ("198.51.100.7", "", "198.51.100.7"),
    ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
    ("198.51.100.7", "203.0.113.9, 10.0.0.1", "198.51.100.7"),
    ("10.0.0.1", "", "10.0.0.1"),
    ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
    ("10.0.0.1", "192.0.2.1, 203.0.113.9", "203.0.113.9"),
    ("10.0.0.1", "192.0.2.1,203.0.113.9,10.0.0.2", "203.0.113.9"),
    ("10.0.0.1", "203.0.113.9, 10.9.9.9, 10.0.0.3,10.0.0.2", "203.0.113.9"),
    ("10.0.0.1", "10.0.0.4, 10.0.0.3, 10.0.0.2", "10.0.0.4"),
    ("10.0.0.1", "garbage", "10.0.0.1"),
    ("10.0.0.1", "203.0.113.9, garbage", "10.0.0.1"),
    ("10.0.0.1", "203.0.113.9, unknown, 10.0.0.2", "10.0.0.2"),
    ("10.0.0.1", "garbage, 203.0.113.9", "203.0.113.9"),
    ("10.0.0.1", ",", "10.0.0.1"),
    ("10.0.0.1", "203.0.113.9,", "10.0.0.1"),
    ("10.0.0.1", "   ", "10.0.0.1"),
    ("10.0.0.1", "203.0.113.9:5555", "203.0.113.9"),
    ("10.0.0.1", "[2001:db8::7]:5555", "2001:db8::7"),
    ("10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
    ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
    ("10.0.0.1", "203.0.113.9, ::ffff:10.0.0.2", "203.0.113.9"),
    ("fd00::1", "203.0.113.9, fd12:3456::1", "203.0.113.9"),
    ("2001:db8::1", "203.0.113.9", "2001:db8::1"),
    ("10.0.0.1:40000", "203.0.113.9", "203.0.113.9"),
    ("", "203.0.113.9", "0.0.0.0"),  # noqa: S104
    ("unix:/run/x", "203.0.113.9", "0.0.0.0"),  # noqa: S104
    ("10.0.0.1", ", ".join(["192.0.2.1"] * 999 + ["203.0.113.9"]), "203.0.113.9"),
    ("10.0.0.1", ", ".join(["garbage"] * 999 + ["203.0.113.9", "10.0.0.2"]), "203.0.113.9"),
    ("10.0.0.1", ", ".join(["203.0.113.9"] + ["10.0.0.2"] * 60), "203.0.113.9"),
]


@pytest.mark.parametrize(("text", "address"), SAME_ADDRESS)
def test_each_spelling_of_an_address_is_that_address(text: str, address: str) -> None:
    assert parse_address(text) == ipaddress.ip_address(address)


@pytest.mark.parametrize("text", NO_ADDRESS, ids=lambda text: ascii(text)[:24])
def test_what_is_no_address_is_none(text: str) -> None:
    assert parse_address(text) is None


@given(st.text(max_size=60) | st.text("0123456789abcdef:.[]%, ", max_size=60))
def test_no_text_raises(text: str) -> None:
    address = parse_address(text)
    assert address is None or address.version in (4, 6)
    assert find_client(text, text, PROXIES).full


@pytest.mark.parametrize(("peer", "forwarded_for", "client"), WALKS)
def test_the_client_is_the_right_most_hop_that_is_no_trusted_proxy(
    peer: str, forwarded_for: str, client: str
) -> None:
    found = find_client(peer, forwarded_for, PROXIES)
    assert found == client_address(ipaddress.ip_address(client))


def test_without_a_trusted_proxy_no_header_is_believed() -> None:
    for _, forwarded_for, _ in WALKS:
        assert find_client("10.0.0.1", forwarded_for, ()).full == "10.0.0.1"


def test_a_thousand_hops_that_are_all_trusted_end_at_a_proxy_and_not_at_nobody() -> None:
    hops = ", ".join(["203.0.113.9"] + [f"10.0.{n // 250}.{n % 250}" for n in range(1000)])
    found = find_client("10.255.0.1", hops, PROXIES)
    assert ipaddress.ip_address(found.full) in PROXIES[0]


@given(st.lists(st.text("0123456789.:, xf", max_size=20), max_size=6), st.integers(0, 2**32 - 1))
def test_nothing_to_the_left_of_the_client_changes_who_it_is(left: list[str], number: int) -> None:
    address = ipaddress.IPv4Address(number)
    if address in PROXIES[0]:
        return
    found = find_client("10.0.0.1", ",".join([*left, str(address), "10.0.0.2"]), PROXIES)
    assert found.full == str(address)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_an_ipv6_network_of_64_bits_is_one_client(network: int, first: int, second: int) -> None:
    low, high = (
        client_address(ipaddress.IPv6Address(network << 64 | host)) for host in (first, second)
    )
    assert low.number == high.number


@given(st.integers(0, 2**64 - 1), st.integers(0, 63), st.integers(0, 2**64 - 1))
def test_two_networks_of_64_bits_are_two_clients(network: int, bit: int, host: int) -> None:
    here = client_address(ipaddress.IPv6Address(network << 64 | host))
    there = client_address(ipaddress.IPv6Address((network ^ 1 << bit) << 64 | host))
    assert here.number != there.number


@pytest.mark.parametrize("bits", [64, 56, 48])
def test_ten_thousand_addresses_of_a_network_have_one_budget_and_its_neighbour_another(
    bits: int,
) -> None:
    here = ipaddress.IPv6Address("2001:db8:1234:5678::")
    start = int(here) >> 128 - bits << 128 - bits
    limits = OwnRateLimits(2500, 20)
    hosts = [start + secrets.randbelow(1 << 128 - bits) for _ in range(10_000)]
    addresses = [client_address(ipaddress.IPv6Address(number), bits) for number in hosts]
    assert len({address.number for address in addresses}) == 1
    asked = [Spend(address.number, Budget.RESOLVE, 1_000_000) for address in addresses]
    told = limits.spend_now(asked)
    assert sum(isinstance(one, Allowance) for one in told) == 2500
    for bit in (128 - bits, 127):
        other = client_address(ipaddress.IPv6Address(start ^ 1 << bit), bits)
        (left,) = limits.spend_now([Spend(other.number, Budget.RESOLVE, 1_000_000)])
        assert isinstance(left, Allowance)
    # The audit's prefix isn't the limits'.
    assert {address.prefix for address in addresses} == {"2001:db8:1234::/48"}


@pytest.mark.parametrize("bits", [64, 56, 48])
def test_each_spelling_of_an_address_has_one_budget(bits: int) -> None:
    found: dict[str, set[int]] = {}
    for text, address in SAME_ADDRESS:
        told = find_client("10.0.0.1", text, PROXIES, bits)
        found.setdefault(address, set()).add(told.number)
    assert {len(numbers) for numbers in found.values()} == {1}
    assert len(set.union(*found.values())) == len(found)


@pytest.mark.parametrize("bits", [64, 56, 48])
@pytest.mark.parametrize("hops", ["{}", "10.0.0.1 {}", "10.0.0.1 {}, 10.0.0.2"])
def test_how_many_bits_are_a_client_is_heeded_by_whatever_way_it_comes(
    bits: int, hops: str
) -> None:
    address = "2001:db8:1:203::1"
    peer, _, forwarded_for = hops.format(address).partition(" ")
    found = find_client(peer, forwarded_for, PROXIES, bits)
    assert found == client_address(ipaddress.ip_address(address), bits)


@given(st.integers(0, 2**32 - 1), st.integers(0, 31))
def test_two_ipv4_addresses_are_two_clients(number: int, bit: int) -> None:
    here, there = ipaddress.IPv4Address(number), ipaddress.IPv4Address(number ^ 1 << bit)
    assert client_address(here).number != client_address(there).number


@given(st.integers(0, 2**32 - 1), st.sampled_from([64, 56, 48]))
def test_an_ipv4_address_and_an_ipv6_network_never_share_a_number(number: int, bits: int) -> None:
    four = client_address(ipaddress.IPv4Address(number), bits)
    for spelled in (number << 64, number << 96, number, number << 32):
        assert client_address(ipaddress.IPv6Address(spelled), bits).number != four.number


def test_the_audit_keeps_a_truncated_prefix_and_never_the_address() -> None:
    four = client_address(ipaddress.ip_address("198.51.100.77"))
    six = client_address(ipaddress.ip_address("2001:db8:1:2:3:4:5:6"))
    assert (four.prefix, six.prefix) == ("198.51.100.0/24", "2001:db8:1::/48")


def test_an_address_with_a_zone_is_known_by_its_address_alone() -> None:
    assert find_client("fe80::1%eth0", "", ()) == find_client("fe80::1%eth1", "", ())
    assert find_client("fe80::1%eth0", "", ()).full == "fe80::1"


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("http://127.0.0.1:8484", "http://localhost:8484"),
        ("http://127.8.9.1", "http://localhost"),
        ("https://[::1]:1", "https://localhost:1"),
        ("https://music.example", "https://music.example"),
        ("http://192.0.2.7:80", "http://192.0.2.7:80"),
        ("http://localhost:8484", "http://localhost:8484"),
    ],
)
def test_a_loopback_address_is_called_by_its_name(url: str, named: str) -> None:
    assert by_name(url) == named
