"""How many connections one process holds at once, and what part of them each kind of request may take.

Every connection costs a descriptor, and some audio streams cost another for their file. The result is
reported at startup, so that nobody discovers a low limit only when the server stalls.
"""

from __future__ import annotations

import resource
from typing import NamedTuple

MOST_CONNECTIONS = 16_384
MOST_EVENT_STREAMS = 5_000
# For the database, the log, Redis, a bucket, decoding child processes, arriving uploads.
_RESERVED = 256


class Capacity(NamedTuple):
    """The most of each at once, in one process. What the parts leave over is for short requests: those get
    through even while every part is taken."""

    connections: int
    connections_of_a_client: int
    event_streams: int
    audio_streams: int
    bodies: int


def reckon(descriptors: int) -> Capacity:
    """What a process with this descriptor limit (`RLIMIT_NOFILE`) can hold."""
    if descriptors == resource.RLIM_INFINITY:
        descriptors = 2 * MOST_CONNECTIONS
    connections = max(16, min(MOST_CONNECTIONS, (descriptors - _RESERVED) * 4 // 5))
    third = connections // 3
    return Capacity(
        connections=connections,
        connections_of_a_client=max(64, connections // 16),
        event_streams=min(MOST_EVENT_STREAMS, third),
        audio_streams=third,
        bodies=connections // 6,
    )


def current_capacity() -> Capacity:
    """What this process can hold under its current limit."""
    return reckon(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def make_room() -> Capacity:
    """Raise the descriptor limit of this process, and those it forks, to the most the system allows;
    return what it can then hold."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return current_capacity()
