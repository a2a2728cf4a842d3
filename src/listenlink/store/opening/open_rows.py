"""The rows of the open, as read from and written to both databases, and what the SQL of each can do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

from listenlink.model.share import CountedLife
from listenlink.store.database.columns import list_columns
from listenlink.store.targets import MOST_TRACKS as MOST_TRACKS

_Connection = TypeVar("_Connection", contravariant=True)


class FoundTrack(NamedTuple):
    """A track's row as the open needs it. `object_digest` is that of the audio that is played, in hex, and
    empty unless asked for; where there are `versions`, JSON of each one's by number."""

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
    declared: str | None
    versions: str | None = None
    object_digest: str = ""


class FoundCollection(NamedTuple):
    """A collection's row as the open needs it."""

    id: int
    removed_at: int | None
    name: str
    description: str | None


class FoundLink(CountedLife, frozen=True, array_like=True):
    """A link's row with its target: exactly one of `track` and `collection` is set. The embedded database
    gives it as a JSON array."""

    id: int
    visibility: str
    strict_open: int
    created_at: int
    is_pinned: int
    has_password: int
    track: FoundTrack | None
    collection: FoundCollection | None


class Found(NamedTuple):
    """Links by their token's digest, whatever state they're in. `turn` says as of when. `clients` holds
    the numbers that were asked for."""

    turn: int
    clients: list[int]
    links: dict[bytes, FoundLink]


class AuditLine(NamedTuple):
    """One audit line, by the table's columns."""

    at: int
    outcome: int
    reason: int | None
    share_id: int | None
    trace: int
    client_id: int
    agent: int
    referrer: str | None


class LimitedLine(NamedTuple):
    """429s for one client, minute and reason, to be written. `requests` is the column `count`."""

    client_id: int
    minute: int
    reason: int
    at: int
    trace: int
    agent: int
    requests: int


class CountedDownload(NamedTuple):
    """A download, to be counted: by which link, on which day since the epoch, of which version of which
    track."""

    share_id: int
    day: int
    track_id: int
    version: int


class OpenSql(Protocol[_Connection]):
    """The steps of the open's transaction that are SQL: a module for each database."""

    async def find_links(
        self,
        connection: _Connection,
        token_digests: Collection[bytes],
        with_objects: bool,
        day: int,
        unnamed: Sequence[tuple[bytes, str]],
        /,
    ) -> Found:
        """Return the links with these tokens, their tracks `with_objects` if wanted; and the numbers of the
        unnamed (pseudonym, prefix) clients on this day, in order, found or newly given: durable once `keep`
        is."""

    async def find_members(
        self, connection: _Connection, collection_ids: Collection[int], with_objects: bool, /
    ) -> dict[int, list[FoundTrack]]:
        """Return the existing tracks of each of these collections, in order, at most 500."""

    async def keep(
        self,
        connection: _Connection,
        turn: int,
        granted: Mapping[int, int],
        lines: Sequence[AuditLine],
        limited: Sequence[LimitedLine],
        downloads: Sequence[CountedDownload],
        /,
    ) -> bool:
        """Count the granted opens of links with a limit and the downloads, and write the audit. False, having
        written nothing, if what was found as of this turn doesn't hold any more, so that another decision is
        needed."""


def track_columns(digest: str) -> str:
    """The SQL of a track `t`, with that of its object's digest."""
    return list_columns(FoundTrack._fields, "t", object_digest=digest)


COLLECTION_COLUMNS = list_columns(FoundCollection._fields, "c")
