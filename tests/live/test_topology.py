"""Three nodes, PostgreSQL, Redis, S3 and nginx under load, while each of them fails: nothing is lost, nothing
is given twice or after a revocation, and all is well again soon.

`LISTENLINK_TEST_FULL=1` lets each fault last long and holds the times to what is asked of them; the
ordinary suite, which shares its processors, is exact in what it counts only.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

import servers
from live.load import FULL, SHARED, p99
from live.node_books import (
    check_the_books,
    check_the_limit,
    most_in_a_window,
    slowest,
    statuses,
)
from live.node_load import HAMMERS, NodeLoad
from live.proxy import needs_nginx
from live.test_rolling_restart import restart_in_turn
from live.topology import LIMIT, NODES, Topology, running_topology
from trust.figures import figure

pytestmark = [needs_nginx, pytest.mark.timeout(900 if FULL else 300)]

GONE_SECONDS = 30.0 if FULL else 1.0
BEFORE_SECONDS = 5.0 if FULL else 0.5
REFUSED_WITHIN_SECONDS = 2.0 if FULL else 6.0
BACK_WITHIN_SECONDS = 5.0 if FULL else 20.0
RESTART_REQUESTS = 10_000 if FULL else 500


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Topology]:
    with running_topology(tmp_path_factory.mktemp("topology")) as running:
        yield running


@pytest.fixture
def load(place: Topology) -> Iterator[NodeLoad]:
    """A load to run; at the end, whatever happened, the books are right."""
    limits = [7, 60, 10**6]
    tokens = [place.link() for _ in range(4)] + [place.link(max_opens=most) for most in limits]
    made = NodeLoad(place, tokens)
    yield made
    print(made.counted())
    check_the_books(place, made)


def wait_until_all_open(place: Topology, token: str) -> float:
    """Seconds until every node opens a link."""
    began = time.monotonic()
    for node in place.nodes:
        with node.listener(f"203.0.114.{random.randrange(250)}") as listener:  # noqa: S311
            while listener.get(SHARED + token).status_code != 200:
                assert time.monotonic() - began < 60
                time.sleep(0.05)
    return time.monotonic() - began


def wait_until_ready(place: Topology) -> float:
    """Seconds until every node is ready and shares its limits."""
    began = time.monotonic()
    while not place.are_all_ready():
        assert time.monotonic() - began < 60
        time.sleep(0.1)
    return time.monotonic() - began


def test_a_killed_node_costs_no_open(place: Topology, load: NodeLoad) -> None:
    alone = place.times_alone()

    def kill_each() -> None:
        for node in place.nodes if FULL else place.nodes[:1]:
            time.sleep(BEFORE_SECONDS)
            node.kill()
            time.sleep(BEFORE_SECONDS)
            node.start()

    load.run(kill_each)
    assert statuses(load.of("open")) == {200, 404}
    assert statuses(load.of("audio")) == {206}
    # A POST that a node had when it was killed isn't done twice.
    assert len([a for a in load.of("make") if a.status != 201]) <= len(place.nodes)
    check_the_limit(place, load, alone, unanswered=HAMMERS * len(place.nodes))


@pytest.mark.parametrize("how", ["killed", "hung"] if FULL else ["killed"])
def test_without_postgresql_everything_is_a_503_in_time(
    place: Topology, load: NodeLoad, how: str
) -> None:
    times: list[float] = []

    def take_away() -> None:
        time.sleep(BEFORE_SECONDS)
        place.postgres.kill() if how == "killed" else place.postgres.send(signal.SIGSTOP)
        times.append(time.monotonic())
        time.sleep(max(GONE_SECONDS, 3))
        times.append(time.monotonic())
        if how == "killed":
            place.postgres.start()
            servers.wait_until_up(place.postgres)
        else:
            place.postgres.send(signal.SIGCONT)
        times.append(wait_until_all_open(place, load.tokens[0]))

    load.run(take_away)
    gone_at, back_at, took = times
    meanwhile = [
        a
        for a in load.of("open", "make", "revoke")
        if a.asked_at > gone_at and a.heard_at < back_at
    ]
    print(f"{len(meanwhile)} refused, {slowest(meanwhile):.2f} s at most; back after {took:.2f} s")
    assert statuses(meanwhile) == {503}
    assert all(int(a.retry_after) >= 1 for a in meanwhile)
    assert slowest(meanwhile) < REFUSED_WITHIN_SECONDS
    assert took < BACK_WITHIN_SECONDS
    assert statuses(load.of("open")) == {200, 404, 503}
    assert most_in_a_window(load) <= LIMIT * NODES


@pytest.mark.parametrize("how", ["killed", "hung"] if FULL else ["hung"])
def test_without_redis_nothing_fails_and_each_node_limits(
    place: Topology, load: NodeLoad, how: str
) -> None:
    took: list[float] = []
    gone: list[float] = []

    def take_away() -> None:
        time.sleep(BEFORE_SECONDS)
        gone.append(time.monotonic())
        place.redis.kill() if how == "killed" else place.redis.send(signal.SIGSTOP)
        time.sleep(GONE_SECONDS)
        gone.append(time.monotonic())
        place.redis.start() if how == "killed" else place.redis.send(signal.SIGCONT)
        took.append(wait_until_ready(place))

    load.run(take_away)
    from_, to = gone
    opens = load.of("open")
    before = p99(one.seconds for one in opens if one.asked_at < from_)
    longer = p99(one.seconds for one in opens if from_ <= one.asked_at < to) - before
    figure("an open without Redis, p99, ms longer", round(longer * 1000, 1), joined="most")
    most = most_in_a_window(load)
    print(f"at most {most} in a window at L = {LIMIT}; back after {took[0]:.2f} s")
    assert statuses(load.of("open")) == {200, 404}
    assert statuses(load.of("hammer")) == {200, 429}
    assert LIMIT <= most <= LIMIT * NODES
    assert took[0] < BACK_WITHIN_SECONDS


@pytest.mark.parametrize("how", ["stopped", "refusing"] if FULL else ["stopped"])
def test_without_the_bucket_links_open_truthfully(
    place: Topology, load: NodeLoad, how: str
) -> None:
    took: list[float] = []

    def take_away() -> None:
        time.sleep(BEFORE_SECONDS)
        place.bucket.send(signal.SIGSTOP) if how == "stopped" else place.to_bucket.refuse()
        time.sleep(GONE_SECONDS)
        place.bucket.send(signal.SIGCONT) if how == "stopped" else place.to_bucket.heal()
        took.append(wait_until_plays(place, load.tokens[0]))

    load.run(take_away)
    print(f"audio plays again after {took[0]:.2f} s")
    assert statuses(load.of("open")) == {200, 404}
    assert statuses(load.of("make")) == {201}
    assert took[0] < BACK_WITHIN_SECONDS


def wait_until_plays(place: Topology, token: str) -> float:
    """Seconds until what a link opens is played."""
    with place.nodes[0].listener() as listener:
        url = listener.get(SHARED + token).json()["track"]["playback_url"]
    began = time.monotonic()
    while True:
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return time.monotonic() - began
        except httpx.TransportError:
            assert time.monotonic() - began < 60
            time.sleep(0.05)


SLOW: dict[str, Callable[[Topology], None]] = {
    "postgresql": lambda place: place.to_postgres.slow_down(50_000),
    "redis": lambda place: place.to_redis.slow_down(2000),
    "bucket": lambda place: place.to_bucket.slow_down(500),
}


@pytest.mark.parametrize("which", SLOW)
def test_what_is_slow_makes_nothing_wrong(place: Topology, load: NodeLoad, which: str) -> None:
    def slow_down() -> None:
        SLOW[which](place)
        time.sleep(GONE_SECONDS)
        for proxy in (place.to_postgres, place.to_redis, place.to_bucket):
            proxy.heal()
        wait_until_ready(place)

    load.run(slow_down)
    print(f"opens took {slowest(load.of('open')):.2f} s at most")
    allowed = {200, 404, 503} if which == "postgresql" else {200, 404}
    assert {200, 404} <= statuses(load.of("open")) <= allowed
    assert LIMIT <= most_in_a_window(load) <= LIMIT * NODES


def test_a_rolling_restart_fails_no_request(place: Topology, load: NodeLoad) -> None:
    alone = place.times_alone()
    load.run(lambda: restart_in_turn(tuple(place.nodes)), RESTART_REQUESTS)
    assert statuses(load.of("open")) == {200, 404}
    assert statuses(load.of("hammer")) == {200, 429}
    assert statuses(load.of("audio")) == {206}
    assert statuses(load.of("make")) == {201}
    assert statuses(load.of("revoke")) == {200}
    check_the_limit(place, load, alone)
