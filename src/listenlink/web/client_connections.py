"""How many connections one client holds, asked or not: more than its part are closed.

The server tells the application of requests alone, and a connection that asks nothing is a descriptor all
the same. So they're counted where they are, among the descriptors of this process.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from listenlink.model.client_address import Network, client_address, is_trusted, parse_address

_DESCRIPTORS = Path("/proc/self/fd")


def close_excess(port: int, most: int, trusted: tuple[Network, ...]) -> int:
    """Close what any client but a trusted proxy holds above `most` connections to this port; how many.

    Takes some microseconds for each descriptor, so it isn't for the event loop. Where there is no list of
    descriptors (only Linux has it), nothing is closed.
    """
    try:
        numbers = [int(entry.name) for entry in _DESCRIPTORS.iterdir()]
    except OSError:
        return 0
    if len(numbers) <= most:
        return 0
    held: dict[str, list[int]] = defaultdict(list)
    for number in numbers:
        peer = _peer(number, port)
        if peer is not None:
            held[peer].append(number)
    return sum(
        _close(number, peers, port)
        for peers, theirs in _by_client(held, trusted)
        for number in theirs[most:]
    )


def _by_client(
    held: dict[str, list[int]], trusted: tuple[Network, ...]
) -> Iterator[tuple[set[str], list[int]]]:
    """Each client's peer addresses, an IPv6 client has many, and its descriptors."""
    clients: dict[int, tuple[set[str], list[int]]] = defaultdict(lambda: (set(), []))
    for peer, numbers in held.items():
        address = parse_address(peer)
        if address is not None and not is_trusted(address, trusted):
            peers, theirs = clients[client_address(address).number]
            peers.add(peer)
            theirs.extend(numbers)
    yield from clients.values()


def _peer(number: int, port: int) -> str | None:
    """Whose connection to this port the descriptor is, if it's one."""
    try:
        found = socket.socket(fileno=number)
    except OSError:
        return None
    try:
        if found.family not in (socket.AF_INET, socket.AF_INET6) or found.getsockname()[1] != port:
            return None
        return str(found.getpeername()[0])
    except OSError:
        return None
    finally:
        found.detach()


def _close(number: int, peers: set[str], port: int) -> bool:
    """Shut it, if it's still theirs: a copy is looked at, which nobody else can close and give away."""
    with contextlib.suppress(OSError):
        copy = os.dup(number)
        try:
            if _peer(copy, port) in peers:
                with socket.socket(fileno=os.dup(copy)) as connection:
                    connection.shutdown(socket.SHUT_RDWR)
                return True
        finally:
            os.close(copy)
    return False
