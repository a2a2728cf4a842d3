"""Free loopback ports, each given to one test only."""

from __future__ import annotations

import contextlib
import itertools
import secrets
import socket
import threading
from collections.abc import Iterator

_PORTS_PER_BLOCK = 100


def free_ports(count: int) -> int:
    """The first of so many free ports in a row."""
    while True:
        ports = [free_port() for _ in range(count)]
        if ports[-1] - ports[0] == count - 1:
            return ports[0]


def free_port() -> int:
    """A loopback port that nobody listens on, and that no other test is ever given.

    Not one that the system would give away: before a server takes it, some connection might.
    """
    while True:
        with _one_at_a_time:
            port = next(_ports)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _reserved_ports() -> Iterator[int]:
    """One by one, in blocks that are kept from all other test processes until this one ends: by an
    abstract socket's name, which only one can have (unix(7))."""
    first, blocks = 10_000, 20_000 // _PORTS_PER_BLOCK
    for number in itertools.count(secrets.randbelow(blocks)):
        block = first + number % blocks * _PORTS_PER_BLOCK
        reservation = socket.socket(socket.AF_UNIX)
        try:
            reservation.bind(f"\0listenlink-tests-{block}")
        except OSError:
            reservation.close()
            continue
        _reservations.append(reservation)
        yield from range(block, block + _PORTS_PER_BLOCK)


_reservations: list[socket.socket] = []
_one_at_a_time = threading.Lock()
_ports = _reserved_ports()
