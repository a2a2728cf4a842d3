"""The rate limit per client, exact, over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from engines import of_sqlite
from media.make_audio import make

LIMIT, MISSES = 5, 3
FORGED = {
    "X-Forwarded-For": "203.0.113.7",
    "Forwarded": "for=203.0.113.8",
    "X-Real-IP": "203.0.113.9",
    "CF-Connecting-IP": "203.0.113.10",
}
LIMITED = {"RESOLVE_LIMIT_PER_MINUTE": str(LIMIT), "MISS_LIMIT_PER_MINUTE": str(MISSES)}


def serve(folder: Path, **settings: str) -> tuple[Server, str]:
    """A server with small limits, and the path of a link on it."""
    running = Server(folder / "data", LIMITED | settings)
    running.create()
    running.start()
    with running.owner() as owner:
        song = upload(owner, make("wav16", folder / "a.wav"))
        return running, "/v1/music/shared/" + str(share(owner, song["id"])["token"])


@pytest.fixture
def direct(tmp_path: Path) -> Iterator[tuple[Server, str]]:
    """Listeners connect to the server themselves: to it they are all one address."""
    running, path = serve(tmp_path)
    yield running, path
    running.stop()


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A trusted proxy on loopback names the listeners."""
    running, path = serve(
        tmp_path_factory.mktemp("proxied"), TRUSTED_PROXIES="127.0.0.0/8, ::1/128"
    )
    yield running, path
    running.stop()


def statuses(client: httpx.Client, paths: list[str], **options: Any) -> list[int]:
    return [client.get(path, **options).status_code for path in paths]


def statuses_of(server: Server, path: str, addresses: list[str]) -> list[int]:
    """One request for each address in turn."""
    given = []
    for address in addresses:
        with server.listener(address) as client:
            given.append(client.get(path).status_code)
    return given


def missing(number: int) -> str:
    return f"/v1/music/shared/shr_{number:032x}"


def test_exactly_l_are_allowed_and_misses_counted_apart(direct: tuple[Server, str]) -> None:
    server, path = direct
    with httpx.Client(base_url=server.url) as client:
        assert statuses(client, [missing(n) for n in range(MISSES)]) == [404] * MISSES
        assert client.get(missing(77)).status_code == 429
        assert client.get(missing(0)).status_code == 404  # told already in this minute
        assert statuses(client, [path] * LIMIT) == [200] * LIMIT
        refused = client.get(path)
        assert refused.status_code == 429
        assert statuses(client, [path] * 3, headers=FORGED) == [429] * 3
    check_limited_answer(refused)
    audit = server.audit()
    assert not [line for line in audit if "203.0.113" in line["client_prefix"]]
    told = {line["reason"]: line for line in audit if line["outcome"] == "limited"}
    assert set(told) == {"resolve_limit", "miss_limit"}
    assert told["resolve_limit"]["trace_id"] == refused.headers["x-request-id"]


def check_limited_answer(answer: httpx.Response) -> None:
    """The contract's 429, with the wait it asks for."""
    error = answer.json()["error"]
    assert re.fullmatch(r"req_\w+", error.pop("trace_id"))
    error.pop("timestamp")
    assert error == {
        "code": "RATE_LIMIT_EXCEEDED",
        "message": "Too many requests. Please try again later.",
        "system_message": "Share resolve rate limit exceeded for client IP",
        "type": "rate_limit_error",
        "status": 429,
        "details": {},
    }
    assert 1 <= int(answer.headers["retry-after"]) <= 61
    assert answer.headers["x-ratelimit-limit"] == str(LIMIT)
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert int(answer.headers["x-ratelimit-reset"]) > 1_700_000_000
    assert answer.headers["ratelimit-policy"] == f'"resolve";q={LIMIT};w=60'
    assert answer.headers["ratelimit"].startswith('"resolve";r=0;t=')
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_trusted_proxy_names_the_client(proxied: tuple[Server, str]) -> None:
    server, path = proxied
    for address in ("198.51.100.1", "2001:db8::1"):
        given = statuses_of(server, path, [address] * (LIMIT + 2))
        assert given == [200] * LIMIT + [429] * 2
    with server.listener("198.51.100.2") as client:
        assert statuses(client, [missing(n) for n in range(MISSES + 1)]) == [404] * MISSES + [429]
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200


def test_an_ipv6_network_is_one_client(proxied: tuple[Server, str]) -> None:
    same = ["2001:db8:5::1", "2001:db8:5:0:ffff::9", "[2001:db8:5::2]:443", "2001:0db8:0005::3"]
    given = statuses_of(*proxied, [*same, same[0], same[1]])
    assert given == [200] * LIMIT + [429]
    assert statuses_of(*proxied, ["2001:db8:5:1::1"]) == [200]


def test_an_ipv4_address_is_one_client_by_either_name(proxied: tuple[Server, str]) -> None:
    given = statuses_of(*proxied, ["198.51.100.77", "::ffff:198.51.100.77"] * 3)
    assert given == [200] * LIMIT + [429]


def test_the_right_most_untrusted_hop_is_the_client(proxied: tuple[Server, str]) -> None:
    server, path = proxied
    forged = [f"203.0.113.{n}, 198.51.100.9, 127.0.0.2" for n in range(LIMIT)]
    assert statuses_of(server, path, forged) == [200] * LIMIT
    with server.listener("203.0.113.99,198.51.100.9,127.0.0.3") as client:
        refused = client.get(path)
    assert refused.status_code == 429
    trace = refused.headers["x-request-id"]
    (line,) = [line for line in server.audit() if line["trace_id"] == trace]
    assert line["client_prefix"] == "198.51.100.0/24"


def test_counted_refusals_are_written_within_seconds(proxied: tuple[Server, str]) -> None:
    import time

    server, path = proxied
    # "Too busy to say" is no refusal, and spends nothing.
    given = statuses_of(server, path, ["198.51.100.200"] * (LIMIT + 30))
    limited = 30 - given.count(503)
    assert (given.count(200), given.count(429)) == (LIMIT, limited)
    deadline = time.monotonic() + 10
    counts: list[int] = []
    while sum(counts) != limited and time.monotonic() < deadline:
        counts = [
            line["count"]
            for line in server.audit()
            if line["outcome"] == "limited" and line["client"] == last_client(server)
        ]
    assert sum(counts) == limited
    assert len(counts) <= 2  # one line a minute


def last_client(server: Server) -> str:
    opened = [line for line in server.audit() if line["outcome"] == "opened"]
    return str(opened[-1]["client"])


def test_limits_of_zero_are_off(tmp_path: Path) -> None:
    running = Server(tmp_path / "data", {"RESOLVE_LIMIT_PER_MINUTE": "0"})
    running.create()
    running.start()
    try:
        with httpx.Client(base_url=running.url) as client:
            assert {client.get(missing(n)).status_code for n in range(60)} == {404}
            assert {client.get(missing(0)).status_code for _ in range(140)} == {404}
    finally:
        running.stop()


@pytest.mark.parametrize("bits", [pytest.param(56, marks=of_sqlite), 48])
def test_a_network_of_the_set_size_is_one_client(tmp_path: Path, bits: int) -> None:
    running, path = serve(tmp_path, TRUSTED_PROXIES="127.0.0.0/8", CLIENT_PREFIX_BITS=str(bits))
    try:
        within = 1 << 64 - bits
        step = within // LIMIT - 1
        addresses = [f"2001:db8:7:{step * number:x}::{number + 1}" for number in range(LIMIT)]
        assert statuses_of(running, path, addresses) == [200] * LIMIT
        last = [f"2001:db8:7:{within - 1:x}::9", f"[2001:DB8:7:{within - 1:04X}:0::9%1]:80"]
        assert statuses_of(running, path, last) == [429, 429]
        beside = f"2001:db8:7:{within:x}::1" if bits > 48 else "2001:db8:8::1"
        assert statuses_of(running, path, [beside, "198.51.100.9"]) == [200, 200]
    finally:
        running.stop()
