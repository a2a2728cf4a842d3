"""The limit under five shapes of traffic: never above L in any 60 s, and nobody denied without cause.

Over virtual hours against the limit itself, and over HTTP with the real clock: one client for each
shape. That takes 65 s, so the ordinary suite hammers only; `LISTENLINK_TEST_FULL=1` does all of it.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator

import pytest

from cast import Server
from listenlink.model.limit import WINDOW_US, HitLimit
from live.load import FULL, SHARED, Reply, Request, connected, get, make_links, press, serving
from trust.figures import figure

SHAPES = ["edge burst", "hammer", "Poisson 0.5 L", "Poisson 0.9 L", "page bursts"]
LIMIT = 60
WINDOW = WINDOW_US / 1e6
MINUTES = 60 if FULL else 10
REAL_SECONDS = 65.0


def arrivals(shape: str, limit: int, until: float, rng: random.Random) -> Iterator[float]:
    """When a client asks, in seconds: this shape of traffic."""
    if shape == "edge burst":
        for edge in itertools.takewhile(lambda at: at < until, itertools.count(WINDOW, WINDOW)):
            yield from (edge - 1 + n / limit for n in range(limit))
            yield from (edge + n / limit / 2 for n in range(2 * limit))
    elif shape == "hammer":
        yield from (n / 50 for n in range(int(until * 50)))
    elif shape == "page bursts":
        at = rng.uniform(0, 3)
        while at < until:
            yield from (at + rng.uniform(0, 0.05) for _ in range(limit // 6))
            at += rng.expovariate(8 / WINDOW)
    else:
        at, share = 0.0, float(shape.split()[1])
        while (at := at + rng.expovariate(share * limit / WINDOW)) < until:
            yield at


@pytest.mark.parametrize("limit", [5, 60, 120])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(10 if FULL else 2))
def test_each_shape_gets_exactly_its_due(shape: str, limit: int, seed: int) -> None:
    rng = random.Random(f"{shape} {limit} {seed}")  # noqa: S311
    start = rng.randrange(WINDOW_US)
    asked = sorted(arrivals(shape, limit, MINUTES * WINDOW, rng))
    ticks = [start + int(at * 1e6) for at in asked]
    figure("simulated requests", len(ticks))
    log, accepted = HitLimit(limit), list[int]()
    for tick in ticks:
        in_window = len(accepted) - bisect_left(accepted, tick - WINDOW_US)
        is_accepted = log.spend(1, tick) is not None
        assert is_accepted == (in_window < limit)
        if is_accepted:
            accepted.append(tick)
    for number, tick in enumerate(accepted):
        assert bisect_right(accepted, tick + WINDOW_US) - number <= limit
    if shape.endswith("0.5 L") and limit >= 60:
        assert len(accepted) == len(ticks)


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A server that allows L opens, and the path of a link."""
    folder = tmp_path_factory.mktemp("limited")
    with serving(folder, RESOLVE_LIMIT_PER_MINUTE=str(LIMIT)) as server:
        (link,) = make_links(server, folder, {})
        yield server, SHARED + str(link["token"])


async def test_hammering_clients_get_exactly_l_each(limited: tuple[Server, str]) -> None:
    server, path = limited
    # Nobody whom a first try has used up.
    clients = [f"198.51.100.{n}" for n in random.sample(range(1, 255), 10)]
    requests = [get(path, client, client) for client in clients for _ in range(3 * LIMIT)]
    random.shuffle(requests)
    replies: list[Reply] = []
    began_at = time.monotonic()

    def choose() -> Request | None:
        return requests.pop() if requests else None

    async with connected(server.port, 50) as connections:
        await press(connections, choose, replies.append)
    took = time.monotonic() - began_at
    assert {reply.status for reply in replies} == {200, 429}
    for client in clients:
        accepted = [r for r in replies if r.name == client and r.status == 200]
        denied = [r for r in replies if r.name == client and r.status == 429]
        figure("accepted beyond L", max(0, len(accepted) - LIMIT))
        figure("wrongly denied", max(0, LIMIT - len(accepted)))
        assert len(accepted) == LIMIT
        assert len(denied) == 2 * LIMIT
        assert max(r.asked_at for r in accepted) < min(r.heard_at for r in denied)
        waits = {int(r.header("retry-after")) for r in denied}
        assert waits <= set(range(int(60 - took), 62))


@pytest.mark.skipif(not FULL, reason="takes 65 s: LISTENLINK_TEST_FULL=1")
@pytest.mark.timeout(180)
async def test_each_shape_gets_its_due_over_http(limited: tuple[Server, str]) -> None:
    server, path = limited
    rng = random.Random(1)  # noqa: S311
    plan = [
        (at, get(path, f"198.51.101.{number}", shape))
        for number, shape in enumerate(SHAPES, 1)
        for at in arrivals(shape, LIMIT, REAL_SECONDS, rng)
    ]
    by_shape: dict[str, list[Reply]] = defaultdict(list)
    for reply in await follow(server, sorted(plan)):
        by_shape[reply.name].append(reply)
    for shape in SHAPES:
        check_one_client(by_shape[shape])
        counts = [sum(r.status == status for r in by_shape[shape]) for status in (200, 429)]
        print(f"{shape}: {counts[0]} accepted, {counts[1]} denied")


async def follow(server: Server, plan: list[tuple[float, Request]]) -> list[Reply]:
    """Ask at the planned times, whatever is still being answered."""
    began = time.monotonic()
    async with connected(server.port, 40) as connections:
        free: asyncio.Queue[int] = asyncio.Queue()
        for number in range(len(connections)):
            free.put_nowait(number)

        async def ask(number: int, request: Request) -> Reply:
            reply = await connections[number].ask(request)
            free.put_nowait(number)
            return reply

        asking: list[asyncio.Task[Reply]] = []
        for at, request in plan:
            await asyncio.sleep(began + at - time.monotonic())
            asking.append(asyncio.create_task(ask(await free.get(), request)))
        return await asyncio.gather(*asking)


def check_one_client(replies: list[Reply]) -> None:
    """The server counted each at some moment between asking and hearing: both verdicts are sure."""
    accepted = sorted((r for r in replies if r.status == 200), key=lambda r: r.heard_at)
    pairs = zip(accepted, accepted[LIMIT:], strict=False)
    beyond = [late for early, late in pairs if late.heard_at - early.asked_at <= WINDOW]
    figure("accepted beyond L", len(beyond))
    assert beyond == [], "more than L in a window"
    wrongly = 0
    for denied in (r for r in replies if r.status != 200):
        assert denied.status == 429
        perhaps_counted = [
            r
            for r in accepted
            if r.heard_at >= denied.asked_at - WINDOW and r.asked_at <= denied.heard_at
        ]
        wrongly += len(perhaps_counted) < LIMIT
    figure("wrongly denied", wrongly)
    assert wrongly == 0, "denied without cause"
