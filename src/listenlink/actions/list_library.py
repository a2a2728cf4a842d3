"""List a library at the desk: search it, sort it, and show a page of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller
from listenlink.model.folded import folded
from listenlink.model.library import ListedTrack, Order
from listenlink.model.owner import Owner
from listenlink.model.share import TargetType
from listenlink.model.sought import Sought
from listenlink.store import listed_library, shares
from listenlink.store.audit import open_days
from listenlink.store.audit.open_days import Days
from listenlink.store.database.database import Database

PAGE = 50
OPEN_DAYS = 7
# Of so many at most the names are read, to search or sort by: that takes a tenth of a second.
MOST_NAMED = 20_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a library is to be shown. Each word of `words` is in the title or the artist; pages are counted
    from 1."""

    words: str = ""
    order: Order = Order.NEWEST
    page: int = 1


@dataclass(frozen=True, slots=True)
class ListedLibrary:
    """A page of a library, the last one if a later one was asked for. `found` is how many tracks there are on
    all pages, `of_all` how many are in the library. `is_cut`: only the newest `MOST_NAMED` of these were
    looked at."""

    tracks: list[ListedTrack]
    page: int
    pages: int
    found: int
    of_all: int
    is_cut: bool


@dataclass(frozen=True, slots=True)
class _Ordered:
    """The edges of a page, and what was found on the way."""

    edges: list[int]
    page: int
    found: int
    opens: Mapping[int, int] | None = None


async def list_library(
    database: Database, caller: Caller, asked: Asked, now_us: int
) -> ListedLibrary:
    """Return a page of the tracks that the caller made or saved.

    Opens are those of today and the six days before, by UTC, through the caller's links to the track itself:
    exact as of this moment.
    """
    days = open_days.last_days(now_us, OPEN_DAYS)

    def find(connection: Connection) -> ListedLibrary:
        owner = caller.owner
        of_all = listed_library.count_tracks(connection, owner)
        is_by_age = asked.order is Order.NEWEST and Sought(asked.words).is_for_all
        ordered = (
            _newest(connection, owner, asked.page, of_all)
            if is_by_age
            else _by_names(connection, owner, asked, days)
        )
        tracks = _fill(connection, owner, ordered, days)
        is_cut = not is_by_age and of_all > MOST_NAMED
        pages = _pages_of(ordered.found)
        return ListedLibrary(tracks, ordered.page, pages, ordered.found, of_all, is_cut)

    return await database.read(find)


def _newest(connection: Connection, owner: Owner, page: int, of_all: int) -> _Ordered:
    page = min(page, _pages_of(of_all))
    edges = listed_library.list_edges(connection, owner, (page - 1) * PAGE, PAGE)
    return _Ordered(edges, page, of_all)


def _by_names(connection: Connection, owner: Owner, asked: Asked, days: Days) -> _Ordered:
    names = listed_library.list_names(connection, owner, MOST_NAMED)
    sought, opens = Sought(asked.words), None
    names = [name for name in names if sought.is_in(name.title, name.artist)]
    # Sorting keeps the order of equals, which is the newest first.
    if asked.order is Order.OPENS:
        summed = opens = open_days.sum_by_track(connection, owner, days)
        names.sort(key=lambda name: -summed.get(name.track_id, 0))
    elif asked.order is Order.TITLE:
        names.sort(key=lambda name: folded(name.title))
    elif asked.order is Order.ARTIST:
        names.sort(
            key=lambda name: (not name.artist, folded(name.artist or ""), folded(name.title))
        )
    page = min(asked.page, _pages_of(len(names)))
    shown = names[(page - 1) * PAGE : page * PAGE]
    return _Ordered([name.edge_id for name in shown], page, len(names), opens)


def _fill(connection: Connection, owner: Owner, ordered: _Ordered, days: Days) -> list[ListedTrack]:
    found = listed_library.list_tracks(connection, owner, ordered.edges)
    ids = [track.id for track in found.values() if track.is_own]
    links = shares.count_unrevoked(connection, *owner, TargetType.TRACK, ids)
    opens = ordered.opens
    if opens is None:
        opens = open_days.sum_by_track(connection, owner, days, ids)
    return [
        replace(found[edge], links=links.get(found[edge].id, 0), opens=opens.get(found[edge].id, 0))
        for edge in ordered.edges
        if edge in found  # What it was saved as may be gone.
    ]


def _pages_of(tracks: int) -> int:
    return max(1, -(-tracks // PAGE))
