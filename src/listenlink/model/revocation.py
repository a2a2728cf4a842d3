"""What revoking a link does to those who are listening through it at that moment."""

from __future__ import annotations

from typing import NamedTuple

_STREAMS_ARE_CUT_WITHIN_SECONDS = 1


class Revocation(NamedTuple):
    """Requests for audio that begin `reaches_players_within_seconds` after it are refused. Streams
    already running are cut too if it `cuts_running_streams`; otherwise they end when all is sent."""

    reaches_players_within_seconds: int
    cuts_running_streams: bool


def revocation(refused_after_seconds: int, *, sends_itself: bool) -> Revocation:
    """For a server that sends audio itself, or has another send it that won't check for that long."""
    if sends_itself:
        return Revocation(_STREAMS_ARE_CUT_WITHIN_SECONDS, True)
    return Revocation(refused_after_seconds, False)
