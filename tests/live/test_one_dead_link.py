"""One dead link, asked for again and again: told as often as may be, and then a counted 429, to all alike.

Its client opens good links all the same, and the audit grows by what was told and by a row a minute.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import Iterator

import httpx
import pytest

from cast import Server, free_port
from journeys.refused import REASONS, refused_link
from live.load import FULL, SHARED, Reply, Request, connected, get, make_links, press, serving
from live.test_metrics import scrape, value

LIMIT = 120
ASKED = 20_000 if FULL else 3000
ASKED_OF_EACH = 400 if FULL else 200
CONNECTIONS = 16
WINDOW_SECONDS = 60.0
_FLOODER = "203.0.113.66"
_MASKED = (
    rb'("(?:trace_id|timestamp)":"|\r\n(?:x-request-id|date|retry-after|x-ratelimit-reset): |;t=)'
    rb'[^"\r]+'
)


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str, int]]:
    """A server with the limits as they come, a good link's path, and the port of its metrics."""
    folder, port = tmp_path_factory.mktemp("dead"), free_port()
    address = f"127.0.0.1:{port}"
    with serving(folder, RESOLVE_LIMIT_PER_MINUTE=str(LIMIT), METRICS_ADDRESS=address) as server:
        (link,) = make_links(server, folder, {})
        yield server, SHARED + str(link["token"]), port


async def flood(server: Server, requests: list[Request]) -> list[Reply]:
    """Ask all of them over some connections, each as fast as it's answered."""
    asking, replies = iter(requests), list[Reply]()
    async with connected(server.port, CONNECTIONS) as connections:
        await press(connections, lambda: next(asking, None), replies.append)
    assert len(replies) == len(requests)
    return replies


def check_told(replies: list[Reply]) -> tuple[int, int]:
    """How many were told and how many limited, and no others; never more told than L in a window."""
    told = sorted((r for r in replies if r.status == 404), key=lambda r: r.heard_at)
    limited = [r for r in replies if r.status == 429]
    assert len(told) + len(limited) == len(replies)
    for early, late in zip(told, told[LIMIT:], strict=False):
        assert late.heard_at - early.asked_at > WINDOW_SECONDS
    assert len(told) >= LIMIT
    return len(told), len(limited)


def counted(server: Server) -> tuple[int, int]:
    """The rows of limited refusals, and their sum."""
    sql = "SELECT count(*), COALESCE(SUM(count), 0) FROM limited WHERE reason = 9"
    ((rows, total),) = server.query(sql)
    return int(rows), int(total)


async def wait_until_counted(server: Server, expected: int) -> int:
    """The rows, once their sum is this."""
    deadline = time.monotonic() + 10
    while (found := counted(server))[1] != expected:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.1)
    return found[0]


@pytest.mark.timeout(120)
async def test_a_dead_link_asked_twenty_thousand_times(limited: tuple[Server, str, int]) -> None:
    server, good, port = limited
    began_at = time.monotonic()
    dead = get(SHARED + "shr_" + "d" * 32, _FLOODER)
    told, refused = check_told(await flood(server, [dead] * ASKED))
    print(f"{told} told, {refused} limited, {time.monotonic() - began_at:.1f} s")
    rows = await wait_until_counted(server, refused)
    minutes = int(time.monotonic() - began_at) // 60 + 2
    assert 1 <= rows <= minutes
    assert server.query("SELECT count(*) FROM audit WHERE outcome = 5") == [(told,)]
    lines = [line for line in server.audit() if line["outcome"] == "limited"]
    assert {line["reason"] for line in lines} == {"repeat_limit"}
    assert sum(line["count"] for line in lines) == refused
    labels = {"outcome": "limited", "reason": "repeat_limit"}
    samples = await asyncio.to_thread(scrape, port)
    assert value(samples, "listenlink_resolves_total", **labels) == refused
    # The office that clicked it isn't locked out of anything good.
    opened = await flood(server, [get(good, _FLOODER)] * (LIMIT + 5))
    assert [reply.status for reply in opened].count(200) == LIMIT


@pytest.mark.timeout(120)
async def test_every_kind_of_refusal_is_limited_alike(
    limited: tuple[Server, str, int], owner_of: httpx.Client, song: dict[str, str]
) -> None:
    server, good, _ = limited
    _, before = counted(server)
    answers: dict[int, set[bytes]] = {404: set(), 429: set()}
    sums: list[tuple[int, int]] = []
    for number, reason in enumerate(REASONS):
        path = refused_link(server, owner_of, song, reason)
        asked = get(path, f"203.0.113.{100 + number}")
        replies = await flood(server, [asked] * ASKED_OF_EACH)
        sums.append(check_told(replies))
        for reply in replies:
            answers[reply.status].add(re.sub(_MASKED, rb"\1", reply.head + reply.body))
        (limits,) = {reply.header("ratelimit-policy") for reply in replies if reply.status == 429}
        assert limits == f'"repeat";q={LIMIT};w=60'
        waits = {int(reply.header("retry-after")) for reply in replies if reply.status == 429}
        assert waits <= set(range(1, 62))
        (opened,) = await flood(server, [get(good, f"203.0.113.{100 + number}")])
        assert (opened.status, opened.header("x-ratelimit-remaining")) == (200, str(LIMIT - 1))
    assert [len(different) for different in answers.values()] == [1, 1]
    await wait_until_counted(server, before + sum(refused for _, refused in sums))


@pytest.fixture(scope="module")
def owner_of(limited: tuple[Server, str, int]) -> Iterator[httpx.Client]:
    """The creator."""
    with limited[0].owner() as owner:
        yield owner


@pytest.fixture(scope="module")
def song(owner_of: httpx.Client) -> dict[str, str]:
    """The song that is there."""
    found: dict[str, str] = owner_of.get("/tracks").json()["items"][0]
    return found


async def test_dead_links_in_turn_and_at_other_doors_have_one_budget(
    limited: tuple[Server, str, int], song: dict[str, str]
) -> None:
    server, _, _ = limited
    tokens = [f"{SHARED}shr_{number:032x}" for number in range(10)]
    pages = {"Accept": "text/html"}
    asked = [get(path, "203.0.113.99", **pages) for path in tokens]
    asked += [get(f"/embed/{path.removeprefix(SHARED)}", "203.0.113.99") for path in tokens]
    asked += [get(f"{path}/details", "203.0.113.99") for path in tokens]
    many = list(itertools.islice(itertools.cycle(asked), 300))
    statuses = [reply.status for reply in await flood(server, many)]
    assert (statuses.count(404), statuses.count(429)) == (LIMIT, 300 - LIMIT)
    with server.listener("203.0.113.99") as client:
        heard = client.post(f"{tokens[0]}/listen", json={"track_id": song["id"]})
    assert heard.status_code == 429
