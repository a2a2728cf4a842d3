"""What a creator's pages show of their collections: all of them in parts, one with its tracks in parts, and
the tracks that can be put into it."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller
from listenlink.actions.list_library import MOST_NAMED
from listenlink.actions.manage_collections import get_own
from listenlink.model.collection import Collection
from listenlink.model.collection_order import mark_of
from listenlink.model.share import TargetType
from listenlink.model.sought import Sought
from listenlink.store import (
    archives,
    chosen_tracks,
    collection_tracks,
    collections,
    given_covers,
    shares,
)
from listenlink.store.chosen_tracks import ChosenTrack
from listenlink.store.database.database import Database
from listenlink.store.targets import MOST_TRACKS

PAGE, TRACKS_PAGE, MOST_MATCHES = 50, 100, 50


class Part(NamedTuple):
    """Which part of a list is shown, of how many: numbers from 1; `before` is how many come before it."""

    number: int
    last: int
    before: int


class Listed(NamedTuple):
    """A collection in a list, with how many links lead to it that aren't closed, and whether a cover is shown
    of it."""

    collection: Collection
    links: int
    has_cover: bool


class ListedCollections(NamedTuple):
    """A part of those that were found. `has_any` is whether there are any at all."""

    items: list[Listed]
    part: Part
    has_any: bool


class Match(NamedTuple):
    """A track that was found, and whether it's in the collection already."""

    track: ChosenTrack
    is_in: bool


class Matches(NamedTuple):
    """Tracks that were found, at most so many, among the newest `MOST_NAMED`; `has_more` is whether there are
    others, or may be."""

    items: list[Match]
    has_more: bool
    has_any: bool


class ShownCollection(NamedTuple):
    """A collection with a part of its tracks, in order. `mark` is that of the order; `links` are those that
    aren't closed, `unheard` is how many tracks they don't show; `cover_title` is of the track whose cover it
    has. `matches` are None where none were looked for; `archive_bytes` is about
    how large its archive is, 0 if there's none."""

    collection: Collection
    tracks: list[ChosenTrack]
    part: Part
    mark: str
    links: int
    unheard: int
    cover_title: str | None
    matches: Matches | None
    archive_bytes: int


async def show_collections(
    database: Database, caller: Caller, query: str, number: int
) -> ListedCollections:
    """Return a part of the caller's collections whose names have these words, newest first."""
    sought = Sought(query)

    def find(connection: Connection) -> ListedCollections:
        own = collections.list_own_names(connection, *caller.owner)
        numbers = [each for each, name in own if sought.is_in(name)]
        part = _part(len(numbers), PAGE, number)
        shown = numbers[part.before : part.before + PAGE]
        links = shares.count_unrevoked(connection, *caller.owner, TargetType.COLLECTION, shown)
        items = collections.list_by_number(connection, shown)
        covered = given_covers.find_covered(connection, shown)
        listed = [Listed(item, links.get(item.id, 0), item.id in covered) for item in items]
        return ListedCollections(listed, part, bool(own))

    return await database.read(find)


async def show_collection(
    database: Database,
    caller: Caller,
    collection_id: int,
    number: int,
    track_id: int | None = None,
    query: str | None = None,
) -> ShownCollection:
    """Return the caller's collection with a part of its tracks: the one that has this track, or that number.
    With a query, or if it's empty, also tracks whose titles or artists have these words. Raises
    Problem(NOT_FOUND)."""

    def find(connection: Connection) -> ShownCollection:
        collection = get_own(connection, caller, collection_id)
        members = collection_tracks.list_order(connection, collection_id)
        order = [member.track_id for member in members]
        wanted = number
        if track_id is not None and track_id in order:
            wanted = order.index(track_id) // TRACKS_PAGE + 1
        part = _part(len(order), TRACKS_PAGE, wanted)
        links = shares.count_unrevoked(
            connection, *caller.owner, TargetType.COLLECTION, [collection_id]
        )
        looked_for = "" if query is None and not order else query
        return ShownCollection(
            collection,
            chosen_tracks.list_of_collection(connection, collection_id, part.before, TRACKS_PAGE),
            part,
            mark_of(order),
            links.get(collection_id, 0),
            max(len(order) - MOST_TRACKS, 0),
            chosen_tracks.find_title(connection, collection.cover_track_id),
            None
            if looked_for is None
            else _find_matches(connection, caller, looked_for, set(order)),
            archives.sum_bytes(connection, collection_id),
        )

    return await database.read(find)


def _find_matches(connection: Connection, caller: Caller, query: str, present: set[int]) -> Matches:
    sought = Sought(query)
    most = MOST_MATCHES + 1 if sought.is_for_all else MOST_NAMED + 1
    own = chosen_tracks.list_own(connection, *caller.owner, most)
    found = [track for track in own[:MOST_NAMED] if sought.is_in(track.title, track.artist)]
    items = [Match(track, track.id in present) for track in found[:MOST_MATCHES]]
    return Matches(items, len(found) > MOST_MATCHES or len(own) > MOST_NAMED, bool(own))


def _part(count: int, size: int, wanted: int) -> Part:
    last = max(-(-count // size), 1)
    number = min(max(wanted, 1), last)
    return Part(number, last, (number - 1) * size)
