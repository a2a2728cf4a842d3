"""Who asks is found as the model says it, whether it's remembered, worked out, or the usual short way."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listenlink.model.client_address import find_client, parse_address, plain_client
from listenlink.web.caller import ClientFinder

PROXIES = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))
PEERS = st.sampled_from(["10.0.0.1", "203.0.113.9", "2001:db8::1", "", "unix"])
ADDRESSES = st.integers(0, 2**32 - 1).map(lambda number: str(IPv4Address(number)))
SENT = ADDRESSES | st.text("0123456789abcdef:.[]%, ", max_size=60) | st.text(max_size=20)


@given(PEERS, st.lists(SENT, max_size=3))
def test_the_short_way_leads_where_the_long_one_does(peer: str, hops: list[str]) -> None:
    forwarded = ",".join(hops).encode()
    expected = find_client(peer, forwarded.decode("latin-1"), PROXIES)
    finder = ClientFinder(PROXIES)
    for _ in range(2):
        assert finder.find({"client": (peer, 1)}, {b"x-forwarded-for": forwarded}) == expected


@pytest.mark.parametrize(
    "text",
    ["010.0.0.1", "1.2.3", "1.2.3.4 ", "1.2.3.4:80", "0x1.2.3.4", "1.2.3.256", "\0", "١.2.3.4", ""],
)
def test_only_the_one_spelling_goes_the_short_way(text: str) -> None:
    assert plain_client(text) is None


@given(ADDRESSES)
def test_an_address_is_itself(text: str) -> None:
    found = plain_client(text)
    assert found is not None
    assert (found.full, found.number) == (text, int(parse_address(text) or 0))
