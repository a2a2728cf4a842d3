"""Nobody who says where something is to be sent reaches what is inside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listenlink.model.outbound_address import is_allowed, may_connect
from listenlink.model.setting import parse_networks

INSIDE = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1",  # noqa: S104
    "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1",
    "198.51.100.7", "203.0.113.7", "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::7f00:1", "::a00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::808:808", "2002:7f00:1::",
    "2002:a00:1::1", "2002:c0a8:101::1", "2001::1", "2001:0:808:808::1", "2001:10::1", "2001:db8::1",
    "3fff::1", "5f00::1", "100::1", "fc00::1", "fd00::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
    "ff0e::1", "2606:4700::1%1",
]  # fmt: skip
OUTSIDE = [
    "8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "198.20.0.1",
    "2606:4700::1", "2a00:1450:4001::1", "::ffff:8.8.8.8", "2002:808:808::1", "2400::1",
]  # fmt: skip
NO_ADDRESSES = [
    "",
    "localhost",
    "127.1",
    "0177.0.0.1",
    "2130706433",
    "0x7f000001",
    "1.2.3",
    "::g",
    "8.8.8.8 ",
]


@pytest.mark.parametrize("address", INSIDE + NO_ADDRESSES)
def test_nothing_inside_is_connected_to(address: str) -> None:
    assert not may_connect(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_the_open_net_is(address: str) -> None:
    assert may_connect(address)


def test_an_operator_allows_networks() -> None:
    allowed = parse_networks("10.1.0.0/16, fd00:7::/64,, 127.0.0.0/8")
    for address in ("10.1.2.3", "fd00:7::1", "127.0.0.1", "::ffff:10.1.2.3", "2002:a01:203::"):
        assert may_connect(address, allowed), address
    for address in ("10.2.0.1", "fd00:8::1", "192.168.1.1", "::1", "64:ff9b::a01:203"):
        assert not may_connect(address, allowed), address
    assert is_allowed("10.1.2.3", allowed)
    assert is_allowed("::ffff:10.1.2.3", allowed)
    assert not is_allowed("8.8.8.8", allowed)
    assert not is_allowed("somewhere", allowed)


def test_who_translates_allows_the_prefix_and_the_rest_decides() -> None:
    allowed = parse_networks("64:ff9b::/96")
    assert may_connect("64:ff9b::808:808", allowed)
    assert not may_connect("64:ff9b::7f00:1", allowed)
    assert not may_connect("64:ff9b::a9fe:a9fe", allowed)


@given(st.ip_addresses(v=4))
def test_an_address_in_an_address_is_judged_as_itself(inner: object) -> None:
    number = int(inner)  # type: ignore[call-overload]
    plain = may_connect(str(inner))
    assert may_connect(f"::ffff:{inner}") == plain
    assert may_connect(f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1") == plain
    assert not may_connect(f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}")
