"""A crowd stops nobody: thousands who hold a connection and do nothing with it, and some who ask for what is
dear, again and again, while an honest listener is answered as ever.

The ordinary suite has crowds a little above 1,024, where a server with its defaults has no place left;
`LISTENLINK_TEST_FULL=1` has 2,000 of each kind, and waits until the node has let go whoever does nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cast import free_port
from live import proxy
from live.crowd import Ask, Crowd, crowd_before, left_hanging
from live.crowd_doors import doors, kinds
from live.crowd_listener import Hearing, Listener, listener_at
from live.crowd_node import Node, node_with_goods
from live.crowd_siege import ADDRESSES, IDLE_SECONDS, Siege, besiege, slowest_end
from live.load import FULL

pytestmark = pytest.mark.timeout(600 if FULL else 240)

OF_ONE_KIND = 2000 if FULL else 1150
OF_EACH_KIND = 2000 if FULL else 280
SECONDS = 10.0 if FULL else 1.0
DOOR_SECONDS = 5.0 if FULL else 0.6
QUIET_SECONDS = 5.0 if FULL else 0.8
BYSTANDERS = 40
KINDS = ["idle", "streams", "readers", "bodies"]
DOORS = ["docs", "schema", "page", "embed", "oembed", "details", "picture"]
# docs/api.md: so many of a process, and of a client.
STREAMS, STREAMS_OF_A_CLIENT = 5000, 250
# A node that ends a connection is, behind a proxy, a gateway that didn't answer.
OF_A_PROXY = frozenset({502, 504})


@pytest.fixture(scope="module")
def node_there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with node_with_goods(tmp_path_factory.mktemp("crowd")) as node:
        yield node


@pytest.fixture
def node(node_there: Node) -> Node:
    """As after a start: a test that failed leaves nothing to the next."""
    if not node_there.is_alive():
        node_there.restart()
    return node_there


@pytest.fixture(scope="module")
def bystanders(node_there: Node) -> Iterator[tuple[Crowd, int]]:
    """Some who do nothing, from the beginning on, and the process before which they do."""
    with crowd_before(node_there.server.port) as crowd:
        crowd.gather(kinds(node_there.goods)["idle"], BYSTANDERS, ADDRESSES)
        yield crowd, node_there.worker().pid


@pytest.fixture(scope="module")
def listener(node_there: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listener]:
    written = tmp_path_factory.mktemp("listener") / "heard"
    with listener_at(node_there.server.port, node_there.goods.link, written) as listener:
        yield listener


@pytest.fixture(scope="module")
def quiet(listener: Listener) -> Hearing:
    """What is heard before anybody comes."""
    return listener.hear(QUIET_SECONDS)


def conclude(siege: Siege) -> None:
    """Nothing was wrong."""
    print(f"\n{siege.name}")
    for line in siege.lines:
        print("   ", line)
    assert not siege.faults, "\n".join(siege.faults)


@pytest.mark.parametrize("kind", KINDS)
def test_a_crowd_of_one_kind_stops_nobody(
    quiet: Hearing, bystanders: tuple[Crowd, int], node: Node, listener: Listener, kind: str
) -> None:
    siege = besiege(
        node, node.server.port, listener, quiet, name=kind, seconds=SECONDS,
        crowds=[(kinds(node.goods)[kind], OF_ONE_KIND)], until_ended=FULL and kind != "streams",
    )  # fmt: skip
    bystanders[0].look()
    conclude(siege)


@pytest.mark.parametrize("door", DOORS)
def test_what_is_dear_delays_nobody(
    quiet: Hearing, bystanders: tuple[Crowd, int], node: Node, listener: Listener, door: str
) -> None:
    siege = besiege(
        node, node.server.port, listener, quiet, name=f"8 at {door}", seconds=DOOR_SECONDS,
        pressed={door: doors(node.goods)[door]},
    )  # fmt: skip
    bystanders[0].look()
    conclude(siege)


def test_all_at_once_stop_nobody(
    quiet: Hearing, bystanders: tuple[Crowd, int], node: Node, listener: Listener
) -> None:
    siege = besiege(
        node, node.server.port, listener, quiet, name="all at once", seconds=SECONDS,
        crowds=all_kinds(node), pressed=doors(node.goods), until_ended=FULL,
    )  # fmt: skip
    conclude(siege)


def all_kinds(node: Node) -> list[tuple[list[Ask], int]]:
    return [(asks, OF_EACH_KIND) for asks in kinds(node.goods).values()]


def test_streams_are_bounded_as_promised(node: Node) -> None:
    """One client's one too many is refused, and another's isn't; all in all there are as many as promised."""
    clients = STREAMS // STREAMS_OF_A_CLIENT if FULL else 2
    places = [f"127.0.2.{number}" for number in range(2, clients + 3)]
    (stream,) = kinds(node.goods)["streams"]
    over = stream._replace(name="one too many", wanted=429)
    node.forget_most()
    before = node.use()
    with crowd_before(node.server.port) as crowd:
        crowd.gather([stream], clients * STREAMS_OF_A_CLIENT, places[:-1])
        crowd.gather([over], clients, places[:-1])
        # Of a client who has none yet.
        last = stream._replace(name="somebody else", wanted=503 if FULL else 200)
        crowd.gather([last], 1, places[-1:])
        print(crowd.fates())
        told = [(member.ask.name, member.status()) for member in crowd.members]
        wanted = [(member.ask.name, member.ask.wanted) for member in crowd.members]
        assert told == wanted
        assert node.is_alive()
        print(f"{(node.use().most_bytes - before.most_bytes) / 2**20:+.0f} MB")
    assert node.is_back_at(before)


def test_who_does_nothing_is_let_go(node: Node, bystanders: tuple[Crowd, int]) -> None:
    """They came before all others, so by now there's little to wait for."""
    crowd, process = bystanders
    last = max(member.sent_at or 0.0 for member in crowd.members)
    while left_hanging(crowd) and time.monotonic() < last + IDLE_SECONDS:
        time.sleep(0.5)
    print(f"\n{crowd.fates()}\nseen to be let go within {slowest_end(crowd)} s")
    assert process == node.worker().pid, "a test before had to start the server anew"
    assert all(member.was_held or member.let_go_at for member in crowd.members)
    assert not left_hanging(crowd), crowd.fates()


@pytest.fixture(params=["nginx", "caddy"])
def front(request: pytest.FixtureRequest, node: Node, tmp_path: Path) -> Iterator[tuple[str, int]]:
    """The name and the port of a proxy as `deploy/` has it, before the node, which believes it."""
    before, is_there = {
        "nginx": (proxy.nginx_before, proxy.NGINX), "caddy": (proxy.caddy_before, proxy.CADDY)
    }[request.param]  # fmt: skip
    if is_there is None:
        pytest.skip(f"{request.param} isn't installed")
    if "TRUSTED_PROXIES" not in node.server.settings:
        node.restart(TRUSTED_PROXIES="127.0.0.1/32")
    port = free_port()
    with before(tmp_path / request.param, port, node.server.port):
        yield request.param, port


def test_all_at_once_stop_nobody_behind_a_proxy(
    node: Node, front: tuple[str, int], tmp_path: Path
) -> None:
    name, port = front
    # A proxy may keep for itself a request whose body doesn't come.
    crowds = [
        ([ask._replace(wanted=None, also=ask.also | {401}) for ask in asks], count)
        if any(ask.wanted == 401 for ask in asks) else (asks, count)
        for asks, count in all_kinds(node)
    ]  # fmt: skip
    with listener_at(port, node.goods.link, tmp_path / "heard") as listener:
        siege = besiege(
            node, port, listener, listener.hear(QUIET_SECONDS), name=f"all at once, {name}",
            crowds=crowds, pressed=doors(node.goods), seconds=SECONDS, others=OF_A_PROXY,
            until_ended=FULL,
        )  # fmt: skip
    conclude(siege)
