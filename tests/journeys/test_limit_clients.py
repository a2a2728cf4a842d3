"""The rate limit per client, exact, over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from media.make_audio import make

LIMIT, MISSES = 5, 3
FORGED = {
    "X-Forwarded-For": "203.0.113.7",
    "Forwarded": "for=203.0.113.8",
    "X-Real-IP": "203.0.113.9",
}


@pytest.fixture(scope="module", params=["direct", "proxied"])
def limited(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    settings = {"RESOLVE_LIMIT_PER_MINUTE": str(LIMIT), "MISS_LIMIT_PER_MINUTE": str(MISSES)}
    if request.param == "proxied":
        settings["TRUSTED_PROXIES"] = "127.0.0.0/8, ::1/128"
    running = Server(tmp_path_factory.mktemp("limited") / "data", settings)
    running.create()
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def path(limited: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    with limited.owner() as owner:
        song = upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"))
        return "/v1/music/shared/" + str(share(owner, song["id"])["token"])


def statuses(client: httpx.Client, paths: list[str], **options: Any) -> list[int]:
    return [client.get(path, **options).status_code for path in paths]


def missing(number: int) -> str:
    return f"/v1/music/shared/shr_{number:032x}"


def test_exactly_l_are_allowed_and_misses_counted_apart(limited: Server, path: str) -> None:
    proxied = "TRUSTED_PROXIES" in limited.settings
    if (
        not proxied
    ):  # all requests of this server come from one address: the whole story in one test
        with httpx.Client(base_url=limited.url) as client:
            assert statuses(client, [missing(n) for n in range(MISSES)]) == [404] * MISSES
            assert client.get(missing(77)).status_code == 429
            assert client.get(missing(0)).status_code == 404  # told already in this minute
            assert statuses(client, [path] * LIMIT) == [200] * LIMIT
            refused = client.get(path)
            assert refused.status_code == 429
            assert statuses(client, [path] * 3, headers=FORGED) == [429] * 3
        check_limited_answer(refused)
        audit = limited.audit()
        assert not [line for line in audit if "203.0.113" in line["client_prefix"]]
        told = {line["reason"]: line["count"] for line in audit if line["outcome"] == "limited"}
        assert set(told) == {"resolve_limit", "miss_limit"}
        return
    for address in ("198.51.100.1", "2001:db8::1"):
        with limited.listener(address) as client:
            assert statuses(client, [path] * (LIMIT + 2)) == [200] * LIMIT + [429] * 2
    with limited.listener("198.51.100.2") as client:
        assert statuses(client, [missing(n) for n in range(MISSES + 1)]) == [404] * MISSES + [429]
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200


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


def test_an_ipv6_network_is_one_client_and_forms_of_one_address_too(
    limited: Server, path: str
) -> None:
    if "TRUSTED_PROXIES" not in limited.settings:
        pytest.skip("needs a trusted proxy to name addresses")
    same = ["2001:db8:5::1", "2001:db8:5:0:ffff::9", "[2001:db8:5::2]:443", "2001:0db8:0005::3"]
    spent = []
    for address in [*same, same[0], same[1]]:
        with limited.listener(address) as client:
            spent.append(client.get(path).status_code)
    assert spent == [200] * LIMIT + [429]
    mapped = ["198.51.100.77", "::ffff:198.51.100.77"] * 3
    spent = []
    for address in mapped:
        with limited.listener(address) as client:
            spent.append(client.get(path).status_code)
    assert spent == [200] * LIMIT + [429]


def test_the_right_most_untrusted_hop_is_the_client(limited: Server, path: str) -> None:
    if "TRUSTED_PROXIES" not in limited.settings:
        pytest.skip("needs a trusted proxy to name addresses")
    for number in range(LIMIT):
        with limited.listener(f"203.0.113.{number}, 198.51.100.9, 127.0.0.2") as client:
            assert client.get(path).status_code == 200
    with limited.listener("203.0.113.99,198.51.100.9,127.0.0.3") as client:
        refused = client.get(path)
        assert refused.status_code == 429
    line = next(
        line for line in limited.audit() if line["trace_id"] == refused.headers["x-request-id"]
    )
    assert line["client_prefix"] == "198.51.100.0/24"


def test_limits_of_zero_are_off(tmp_path: Path) -> None:
    running = Server(tmp_path / "data", {"RESOLVE_LIMIT_PER_MINUTE": "0"})
    running.create()
    running.start()
    try:
        with httpx.Client(base_url=running.url) as client:
            answers = [client.get(missing(n)) for n in range(60)]
    finally:
        running.stop()
    assert {answer.status_code for answer in answers} == {404}
