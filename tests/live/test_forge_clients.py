"""Thousands of requests that say in every way that they are somebody else's: one client, one budget.

Asked without a proxy, behind nginx, and behind two proxies. 300 requests each in the ordinary suite, 2,000
with `LISTENLINK_TEST_FULL=1`.
"""

# ruff: noqa: S311

from __future__ import annotations

import asyncio
import contextlib
import random
import string
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from cast import Server, free_port
from live.load import SHARED, Reply, Request, connected, make_links, press, serving
from live.proxy import needs_nginx, nginx_before
from trust.figures import FULL, figure

REQUESTS = 2000 if FULL else 300
LIMIT = 40
CONNECTIONS = 16
NAMES = (
    "X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP",
    "X-Cluster-Client-IP", "Fastly-Client-IP", "X-Original-Forwarded-For", "X-Envoy-External-Address", "Via",
    "Client-IP", "Proxy-User",
)  # fmt: skip
OURS, SECOND_PROXY = "203.0.113.9", "198.18.0.1"
# Those that are forged: for documentation (RFC 5737, RFC 3849), and private ones.
FORGED = ("198.51.100.", "192.0.2.", "10.1.2.", "2001:db8:f::")


def forge() -> str:
    """Somebody's address, in some spelling; or nonsense."""
    address = random.choice(FORGED) + str(random.randrange(1, 250))
    nonsense = "".join(random.choices(string.ascii_letters + ":.,;=[]", k=random.randrange(1, 30)))
    spelled = f"[{address}]" if ":" in address else f"{address}:{random.randrange(65536)}"
    return random.choice([address, address, spelled, f"::ffff:{address}", "unknown", nonsense])


def headers() -> dict[str, str]:
    """What says that somebody else asks."""
    said = {}
    for name in random.sample(NAMES, random.randrange(1, 6)):
        hops = 1000 if random.random() < 0.01 else random.randrange(1, 5)
        value = ", ".join(forge() for _ in range(hops))
        said[name] = f"for={forge()};by={forge()}" if name == "Forwarded" else value
    if random.random() < 0.2:
        said["Connection"] = "keep-alive, X-Forwarded-For, X-Real-IP"
    said["User-Agent"] = f"agent/{random.randrange(10**6)}"
    said["Cookie"] = f"client={random.randrange(10**6)}"
    return said


def request(path: str, behind: tuple[str, ...]) -> Request:
    """A forged one; proxies put who connected to them behind what there is."""
    said = headers()
    if behind:
        there = [said["X-Forwarded-For"]] if "X-Forwarded-For" in said else []
        said["X-Forwarded-For"] = ", ".join([*there, *behind])
    lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    return Request("", f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n".encode())


class Case(NamedTuple):
    """The port that is asked, from which address, what proxies add, and who it is by that."""

    server: Server
    path: str
    port: int
    of: str
    behind: tuple[str, ...]
    prefix: str


@contextlib.contextmanager
def asked(folder: Path, **settings: str) -> Iterator[tuple[Server, str]]:
    limits = {"RESOLVE_LIMIT_PER_MINUTE": str(LIMIT)}
    with serving(folder, 1, **limits, **settings) as server:
        (link,) = make_links(server, folder, {})
        yield server, SHARED + str(link["token"])


@contextlib.contextmanager
def without_a_proxy(folder: Path) -> Iterator[Case]:
    with asked(folder, TRUSTED_PROXIES="") as (server, path):
        yield Case(server, path, server.port, "127.0.0.1", (), "127.0.0.0/24")


@contextlib.contextmanager
def behind_nginx(folder: Path) -> Iterator[Case]:
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    with (
        asked(folder, PUBLIC_URL=public) as (server, path),
        nginx_before(folder / "nginx", port, server.port),
    ):
        yield Case(server, path, port, "127.9.8.7", (), "127.9.8.0/24")


@contextlib.contextmanager
def behind_two(folder: Path) -> Iterator[Case]:
    with asked(folder, TRUSTED_PROXIES="127.0.0.1/32, 198.18.0.0/15") as (server, path):
        behind = (OURS, SECOND_PROXY)
        yield Case(server, path, server.port, "127.0.0.1", behind, "203.0.113.0/24")


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    "place",
    [without_a_proxy, pytest.param(behind_nginx, marks=needs_nginx), behind_two],
    ids=lambda place: str(place.__name__),
)
def test_whoever_they_say_they_are_it_is_one_client(
    tmp_path: Path, place: Callable[[Path], contextlib.AbstractContextManager[Case]]
) -> None:
    with place(tmp_path) as case:
        statuses = asyncio.run(ask(case))
        prefixes = {line["client_prefix"] for line in case.server.audit()}
    print(dict(statuses), prefixes)
    figure("forged requests", statuses.total())
    figure("accepted beyond L", max(0, statuses[200] - LIMIT))
    figure("forged addresses in the audit", len(prefixes - {case.prefix}))
    # A head that is too long for nginx is refused by nginx, and has asked for nothing.
    assert set(statuses) <= {200, 429, 400, 431}
    assert statuses[429] > REQUESTS // 2
    assert statuses[200] == LIMIT
    assert prefixes == {case.prefix}


async def ask(case: Case) -> Counter[int]:
    """Statuses of all the forged requests, which take less than a window."""
    requests = [request(case.path, case.behind) for _ in range(REQUESTS)]
    statuses: Counter[int] = Counter()

    def heard(reply: Reply) -> None:
        statuses[reply.status] += 1

    while requests:
        # nginx closes a connection on which it refused a head.
        async with connected(case.port, CONNECTIONS, case.of) as connections:
            await press(connections, lambda: requests.pop() if requests else None, heard)
    return statuses
