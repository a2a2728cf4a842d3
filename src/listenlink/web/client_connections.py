"""Limits how many connections one client holds, with requests or without: the excess is closed.

The server passes only requests to the application, but a connection without a request takes a descriptor
all the same. So connections are counted where they are, among the descriptors of this process.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from listenlink.model.client_address import (
    MOST_CLIENT_BITS,
    Network,
    client_address,
    is_trusted,
    parse_address,
)

_DESCRIPTORS = Path("/proc/self/fd")


def close_excess(
    port: int, most: int, trusted: tuple[Network, ...], client_bits: int = MOST_CLIENT_BITS
) -> int:
    """Close each client's connections to this port above `most`, but no trusted proxy's. Returns how many.
    `client_bits` of an IPv6 address are a client.

    This takes a few microseconds per descriptor, so it isn't for the event loop. Where there is no list of
    descriptors (only Linux has one), nothing is closed.
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
        for peers, theirs in _by_client(held, trusted, client_bits)
        for number in theirs[most:]
    )


def _by_client(
    held: dict[str, list[int]], trusted: tuple[Network, ...], client_bits: int
) -> Iterator[tuple[set[str], list[int]]]:
    """Each client's peer addresses (an IPv6 client has many) and its descriptors."""
    clients: dict[int, tuple[set[str], list[int]]] = defaultdict(lambda: (set(), []))
    for peer, numbers in held.items():
        address = parse_address(peer)
        if address is not None and not is_trusted(address, trusted):
            peers, theirs = clients[client_address(address, client_bits).number]
            peers.add(peer)
            theirs.extend(numbers)
    yield from clients.values()


def _peer(number: int, port: int) -> str | None:
    """The peer's address, if the descriptor is a connection to this port."""
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
    """Shut it down if it's still theirs, judging by a copy, which nobody else can close and reuse."""
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
