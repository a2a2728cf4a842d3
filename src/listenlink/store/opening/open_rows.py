"""The rows of the open, as read from and written to both databases."""

from __future__ import annotations

from typing import NamedTuple

from listenlink.model.share import CountedLife
from listenlink.store.targets import MOST_TRACKS as MOST_TRACKS


class FoundTrack(NamedTuple):
    """A track's row as the open needs it. `object_digest` is hex, and empty unless asked for."""

    id: int
    removed_at: int | None
    title: str
    engine: str
    mode: str
    sample_count: int
    sample_rate: int
    instrumental: int
    stamp_class: str
    stamp_version: str
    stamp_requires_attribution: int
    stamp_attribution_text: str | None
    created_at: int
    object_digest: str = ""


class FoundCollection(NamedTuple):
    """A collection's row as the open needs it."""

    id: int
    removed_at: int | None
    name: str
    description: str | None


class FoundLink(CountedLife, frozen=True):
    """A link's row with its target: exactly one of `track` and `collection` is set."""

    id: int
    visibility: str
    strict_open: int
    track: FoundTrack | None
    collection: FoundCollection | None


class AuditLine(NamedTuple):
    """One audit line, in the order of the table's columns."""

    at: int
    outcome: int
    reason: int | None
    share_id: int | None
    trace: int
    client_id: int
    agent: int
    referrer: str | None


class LimitedLine(NamedTuple):
    """429s for one client, minute and reason that haven't been written yet."""

    client_id: int
    minute: int
    reason: int
    at: int
    trace: int
    agent: int
    requests: int
