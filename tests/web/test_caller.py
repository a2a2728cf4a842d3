"""Who asks, and from where: read from what a stranger sends, of which long texts are neither kept nor cut
into something else.
"""

from __future__ import annotations

import ipaddress
import urllib.parse
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listenlink.model.client_address import Network, find_client
from listenlink.web import caller
from listenlink.web.caller import ClientFinder, referring_host

PROXIES: tuple[Network, ...] = (ipaddress.ip_network("10.0.0.0/8"),)
PEER = {"client": ("10.0.0.1", 1)}


def kept(finder: ClientFinder) -> int:
    """How many answers it remembers."""
    of: Any = finder
    return int(of._find_peer.cache_info().currsize + of._find_behind.cache_info().currsize)


hops = st.lists(
    st.sampled_from(["10.0.0.2", "10.9.9.9", "203.0.113.9", "2001:db8::7", "11.2.3.4", "x", ""]),
    min_size=1,
    max_size=90,
)


@given(hops, st.sampled_from([",", ", ", " , "]), st.integers(0, 300))
def test_however_long_a_header_is_the_client_is_the_same(
    named: list[str], comma: str, padding: int
) -> None:
    """Told once or again, short enough to be remembered or not."""
    forwarded = comma.join(named)
    finder = ClientFinder(PROXIES)
    told = find_client("10.0.0.1", forwarded, PROXIES)
    longer = "x" * padding + "," + forwarded
    for header in (forwarded, forwarded, longer, longer):
        found = finder.find(PEER, {b"x-forwarded-for": header.encode()})
        assert found == find_client("10.0.0.1", header, PROXIES)
    if told.full not in ("10.0.0.1", "10.0.0.2", "10.9.9.9"):
        assert finder.find(PEER, {b"x-forwarded-for": longer.encode()}) == told


@pytest.mark.parametrize("proxies", range(58, 72))
@pytest.mark.parametrize("left", ["", "192.0.2.1, ", "192.0.2.1, " * 5000, "9" * 60_000 + ", "])
def test_no_part_of_an_address_is_taken_for_one(proxies: int, left: str) -> None:
    """Wherever the reading of a long list ends, it's between two addresses."""
    header = left + "11.2.3.4" + ", 10.0.0.2" * proxies
    for spaces in range(12):
        named = header + " " * spaces
        found = ClientFinder(PROXIES).find(PEER, {b"x-forwarded-for": named.encode()})
        assert found.full in ("11.2.3.4", "10.0.0.2")
        assert proxies > 63 or found.full == "11.2.3.4"


def test_long_lists_of_proxies_are_not_remembered_and_short_ones_are_few() -> None:
    finder = ClientFinder(PROXIES)
    for number in range(300):
        header = b"%d, " % number * 50 + b"203.0.113.9"
        assert finder.find(PEER, {b"x-forwarded-for": header}).full == "203.0.113.9"
    assert kept(finder) == 0
    for number in range(2 * caller._MOST_REMEMBERED):
        header = b"%d, 203.0.113.9" % number
        assert finder.find(PEER, {b"x-forwarded-for": header}).full == "203.0.113.9"
        finder.find({"client": (str(ipaddress.ip_address(number)), 1)}, {})
    assert kept(finder) == 2 * caller._MOST_REMEMBERED


def test_without_a_trusted_proxy_the_header_is_not_looked_at() -> None:
    finder = ClientFinder(())
    for number in range(300):
        assert finder.find(PEER, {b"x-forwarded-for": b"203.0.113.%d" % number}).full == "10.0.0.1"
    assert kept(finder) == 1


@pytest.mark.parametrize(
    ("referer", "host"),
    [
        ("https://Music.Example/path?query", "music.example"),
        ("http://music.example:8080", "music.example"),
        ("http://music.example?x", "music.example"),
        ("http://music.example#x", "music.example"),
        ("//music.example/x", "music.example"),
        ("https://name:secret@music.example/x", "music.example"),
        ("https://[2001:db8::7]:80/x", "2001:db8::7"),
        ("android-app://com.example.app/", "com.example.app"),
        ("https://music.example//other.example/", "music.example"),
        ("/music.example//x", None), ("music.example", None), ("", None), ("https://", None),
        ("https://[::1", None), ("https:///x", None), ("about:blank", None), ("?//music.example/", None),
        ("https://m\xfcsic.example/", None), ("https://a b/", "a b"), ("https://a\x00b/", None),
        ("https://" + "a" * 253 + "/", "a" * 253), ("https://" + "a" * 254 + "/", None),
        ("https://music.example/" + "x" * 60_000, "music.example"),
    ],
)  # fmt: skip
def test_the_referring_host_is_the_host_alone(referer: str, host: str | None) -> None:
    assert referring_host(referer) == host


@pytest.mark.parametrize("name_bytes", range(0, 1300, 7))
def test_no_part_of_a_host_is_taken_for_one(name_bytes: int) -> None:
    """Wherever a long Referer is cut."""
    before = "https://" + "n" * name_bytes + "@"
    for host in ("music.example", "music.example.evil.test"):
        assert referring_host(f"{before}{host}/{'x' * 2000}") in (host, None)
        assert referring_host(f"{before}{host}") in (host, None)
        assert referring_host(f"{before}{host}{'.x' * 2000}/") is None
    if name_bytes < 1000 - len("music.example.evil.test"):
        assert referring_host(f"{before}music.example/{'x' * 2000}") == "music.example"


def test_paths_of_referers_are_remembered_nowhere() -> None:
    """They may hold a secret, and be long. Python remembers what it split."""
    splitting: Any = urllib.parse.urlsplit
    splitting.cache_clear()
    for number in range(500):
        assert referring_host(f"https://a.example/{number}{'x' * 500}") == "a.example"
        assert referring_host(f"https://a.example?{number}") == "a.example"
    assert splitting.cache_info().currsize <= 1
