"""Connections that ask nothing, or ask and take nothing: bounded for each client, and closed in time."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from cast import Server, free_port
from listenlink.capacity import make_room, reckon
from listenlink.cli.listening import open_socket
from listenlink.web import client_connections

# Fewer than the kernel lets wait to be accepted.
SLICE = 500


@pytest.fixture(scope="module")
def asked_directly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without a proxy: who connects is who asks."""
    running = Server(tmp_path_factory.mktemp("connections") / "data")
    running.create()
    running.start()
    yield running
    running.stop()


def connect(
    server: Server, address: str, count: int, stack: contextlib.ExitStack
) -> list[socket.socket]:
    """So many connections from this loopback address."""
    made = []
    for number in range(count):
        one = stack.enter_context(socket.socket())
        one.bind((address, 0))
        one.connect(("127.0.0.1", server.port))
        made.append(one)
        if number % SLICE == SLICE - 1:
            time.sleep(0.1)
    return made


def count_open(connections: list[socket.socket]) -> int:
    """How many the server hasn't closed."""
    poll = select.poll()
    for one in connections:
        poll.register(one, select.POLLIN)
    return len(connections) - len(poll.poll(0))


def worker_of(server: Server) -> psutil.Process:
    """The process that answers."""
    assert server.process is not None
    (worker,) = psutil.Process(server.process.pid).children()
    return worker


def wait_until(is_so: Callable[[], bool], seconds: float) -> bool:
    """Whether it came to be so in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.1)
    return False


def test_nobody_has_every_connection(asked_directly: Server) -> None:
    """What one client holds above its part is closed, whether it asked anything or not."""
    server = asked_directly
    most = make_room().connections_of_a_client
    before = worker_of(server).num_fds()
    with contextlib.ExitStack() as stack:
        many = connect(server, "127.0.3.1", 2 * most, stack)
        few = connect(server, "127.0.3.2", 50, stack)
        assert wait_until(lambda: count_open(many) <= most, 9)
        assert count_open(many) >= most - 1
        assert count_open(few) == 50
        assert httpx.get(server.url + "/healthz", timeout=3).status_code == 200
    assert wait_until(lambda: worker_of(server).num_fds() <= before + 2, 9)


def test_a_trusted_proxy_has_as_many_as_it_needs(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", {"TRUSTED_PROXIES": "127.0.3.0/24"})
    server.create()
    server.start()
    most = make_room().connections_of_a_client
    try:
        with contextlib.ExitStack() as stack:
            many = connect(server, "127.0.3.1", most + 200, stack)
            time.sleep(3)
            assert count_open(many) == most + 200
    finally:
        server.stop()


def test_one_kind_never_takes_all_connections() -> None:
    for descriptors in (300, 1024, 4096, 20_000, 65_536, 10**9, -1):
        capacity = reckon(descriptors)
        lasting = capacity.event_streams + capacity.audio_streams + capacity.bodies
        assert 0 < lasting < capacity.connections
        if descriptors > 0:
            # An audio stream has a file open besides.
            assert capacity.connections + capacity.audio_streams // 2 <= max(descriptors, 64)
    assert reckon(65_536).connections == reckon(10**9).connections == 16_384
    assert reckon(65_536).event_streams == 5000


@pytest.mark.parametrize(("bits", "clients"), [(64, 3), (56, 2), (48, 1)])
def test_connections_are_counted_by_the_clients_that_the_limits_have(
    bits: int, clients: int
) -> None:
    peers = ["2001:db8:7:100::1", "2001:db8:7:1ff::2", "2001:db8:7:200::3", "2001:db8:7:200::4"]
    held = {peer: [number] for number, peer in enumerate(peers)}
    counted = list(client_connections._by_client(held, (), bits))
    assert len(counted) == clients
    assert sorted(number for _, theirs in counted for number in theirs) == [0, 1, 2, 3]


def test_http2_in_the_clear_is_not_spoken(asked_directly: Server) -> None:
    with socket.create_connection(("127.0.0.1", asked_directly.port), timeout=5) as one:
        one.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0")
        assert not one.recv(100).startswith(b"\0\0")


def test_a_head_has_a_bound(asked_directly: Server) -> None:
    with socket.create_connection(("127.0.0.1", asked_directly.port), timeout=5) as one:
        head = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: "
        one.sendall(head + b"a" * 80_000 + b"\r\n\r\n")
        assert one.recv(100).startswith(b"HTTP/1.1 431 ")
    with socket.create_connection(("127.0.0.1", asked_directly.port), timeout=5) as one:
        one.sendall(head + b"a" * 24_000 + b"\r\n\r\n")
        assert one.recv(100).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("begun", [b"", b"GET /healthz HT", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
def test_who_asks_nothing_delays_no_leave(tmp_path: Path, begun: bytes) -> None:
    server = Server(tmp_path / "data")
    server.create()
    server.start()
    with contextlib.ExitStack() as stack:
        for one in connect(server, "127.0.3.1", 5, stack):
            one.sendall(begun)
        time.sleep(0.3)
        began_at = time.monotonic()
        server.stop()
        assert time.monotonic() - began_at < 6


def test_a_connection_inherits_its_bounds() -> None:
    with open_socket("127.0.0.1", free_port()) as listening:
        listening.setblocking(True)
        with socket.create_connection(listening.getsockname()):
            accepted, _ = listening.accept()
            with accepted:
                # As the system counts: twice what was asked for.
                assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == 2 * 65_536
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
