"""How many connections one process holds at once, and which share of them each kind of request may take.

Every connection costs a descriptor, and some audio streams one more for their file. What is reckoned here
is told at the start, so that nobody learns of a low limit by a server that stands still.
"""

from __future__ import annotations

import resource
from typing import NamedTuple

MOST_CONNECTIONS = 16_384
MOST_EVENT_STREAMS = 5_000
# For the database, the log, Redis, a bucket, children that decode, uploads that arrive.
_RESERVED = 256


class Capacity(NamedTuple):
    """At most so many at once, in one process. What the shares leave over is for short requests: those get
    through while every share is taken."""

    connections: int
    connections_of_a_client: int
    event_streams: int
    audio_streams: int
    bodies: int


def reckon(descriptors: int) -> Capacity:
    """What a process with this limit of descriptors (`RLIMIT_NOFILE`) can hold."""
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
    """What this process can hold, by the limit that it has."""
    return reckon(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def make_room() -> Capacity:
    """Let this process, and those it forks, have as many descriptors as the system allows; what it can hold
    then."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return current_capacity()
