"""Every combination of what a link's life is made of, opened, renewed, looked at and played, as one oracle
says (`store/all_lives.py`)."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

from sqlalchemy import Connection

from engines import new_backend
from listenlink.actions.open_link import Opening, OpenRequest
from listenlink.actions.opening.pseudonyms import Pseudonyms
from listenlink.actions.opening.rate_limits import OwnRateLimits
from listenlink.actions.opening.transaction import OpenKeeper
from listenlink.actions.play_track import TrackPlayer
from listenlink.media.signed_url import PlaybackUrls
from listenlink.model.audit import Agent, Outcome, Reason
from listenlink.model.listing import Slice
from listenlink.model.share import LinkState
from listenlink.model.share_token import digest
from listenlink.model.signing import Signer, SigningKey
from listenlink.store import listed_links, pages
from listenlink.store.database.location import DatabaseLocation
from listenlink.store.opening.connections import Connections
from listenlink.store.opening.playback import PlaybackReader, SqlitePlaybackReader
from listenlink.store.opening.postgres_playback import PostgresPlaybackReader
from listenlink.store.pictures import find_drawable
from listenlink.store.targets import MOST_TRACKS
from store.all_lives import (
    EARLIER_ROTATION,
    GONE,
    LINKS,
    NOW,
    ROTATION,
    STANDING,
    Link,
    filled,
    leads,
    session_of,
    tracks_of,
)
from store.shown_rows import add_collection, add_link, add_owner, add_track
from store.test_client_names import ANNA, CountedDays

_AT_ONCE = 100
Run = Callable[[Sequence[OpenRequest | None]], Awaitable[list[Opening | None]]]


async def test_a_track_plays_and_is_downloaded_while_the_link_works_and_leads_to_it(
    tmp_path: Path,
) -> None:
    backend = filled(tmp_path)
    ring = [SigningKey("0" * 8, b"k" * 32)]
    urls = PlaybackUrls(
        "", *(Signer(ring, purpose) for purpose in ("shared", "own", "download", "own download"))
    )
    reader: PlaybackReader = (
        SqlitePlaybackReader(backend.path)
        if backend.url is None
        else PostgresPlaybackReader(Connections(backend.url, 1))
    )
    player = TrackPlayer(urls, reader)

    async def ask(link: Link, rotation: int, track: int) -> None:
        session = session_of(link, rotation)
        (playing,) = urls.write_shared(session, session.ends_at, [track])
        (download,) = urls.write_downloads(session, session.ends_at, [track])
        begun = await player.begin(playing.rpartition("/")[2], NOW)
        leave = await player.begin_download(download.rpartition("/")[2], NOW)
        may = link.works(rotation) and leads(link, track)
        assert (begun is not None, leave is not None) == (may, may), link
        if begun is not None:
            assert await player.may_go_on(begun, NOW)

    asks = [(link, ROTATION, track) for link in LINKS for track in tracks_of(link)]
    asks += [(link, EARLIER_ROTATION, link.target) for link in LINKS]
    with contextlib.closing(reader):
        for start in range(0, len(asks), _AT_ONCE):
            await asyncio.gather(*(ask(*each) for each in asks[start : start + _AT_ONCE]))


def _wanted(link: Link, kind: Outcome) -> tuple[Outcome, Reason | None]:
    reason = link.reason
    if reason is None and link.is_spent and kind is not Outcome.RENEWED:
        reason = Reason.SPENT
    if reason is not None:
        return Outcome.REFUSED, reason
    return (Outcome.REMOVED if link.leads_to is None else kind), None


async def test_a_link_opens_is_renewed_and_looked_at_as_its_state_says(tmp_path: Path) -> None:
    """A look, a renewal, and an open with a session of an earlier token, which is none."""
    place = filled(tmp_path)
    with _opens_on(place) as run:
        for kind in (Outcome.VIEWED, Outcome.RENEWED, Outcome.OPENED):
            for start in range(0, len(LINKS), _AT_ONCE):
                some = LINKS[start : start + _AT_ONCE]
                openings = await run([_asked(link, kind) for link in some])
                for link, opening in zip(some, openings, strict=True):
                    assert opening is not None
                    assert (opening.outcome, opening.reason) == _wanted(link, kind), link
                    if opening.outcome in (Outcome.RENEWED, Outcome.OPENED):
                        assert tuple(track.id for track in opening.tracks or ()) == link.leads_to
    opened = {link for link in LINKS if _wanted(link, Outcome.OPENED)[0] is Outcome.OPENED}
    asked = (STANDING, STANDING, None, LinkState.SPENT, NOW, Slice(len(LINKS)))
    with contextlib.closing(place.open()) as database:
        spent = database.read_now(lambda c: listed_links.list_own_shares(c, *asked))
    by_opening = {link.number for link in opened if link.max_opens is not None}
    before = {
        link.number
        for link in LINKS
        if (link.organization, link.state) == (STANDING, LinkState.SPENT)
    }
    assert {share.id for share in spent.items} == before | by_opening
    assert by_opening


async def test_of_very_many_tracks_the_page_and_the_open_show_the_same_first_ones(
    tmp_path: Path,
) -> None:
    place = new_backend(tmp_path)
    numbers = range(1, MOST_TRACKS + 4)
    # Neither as they were made, nor the other way round; a removed one is none of them.
    order = [number for number in (*numbers[1::2], *numbers[::-2]) if number != GONE]
    link = Link(1, STANDING, None, None, None, None, 0, "collection_id", 1, tuple(order))

    def fill(connection: Connection) -> None:
        add_owner(connection)
        for number in numbers:
            add_track(connection, number, removed_at=9 if number == GONE else None)
        add_collection(connection, 1, GONE, *order)
        add_link(connection, 1, collection_id=1, token_digest=digest(link.token))

    with contextlib.closing(place.open()) as database:
        database.write_now(fill)
        shown = database.read_now(lambda c: pages.find_shown(c, 1))
        drawable = database.read_now(lambda c: find_drawable(c, 1))
    assert shown
    assert [each.track.id for each in shown.tracks] == order[:MOST_TRACKS]
    assert shown.more == len(order) - MOST_TRACKS > 0
    assert drawable
    assert drawable.track == (order[0], f"Song {order[0]}")
    with _opens_on(place) as run:
        (opening,) = await run([_asked(link, Outcome.OPENED)])
    assert opening
    assert [track.id for track in opening.tracks or ()] == order[:MOST_TRACKS]


def _asked(link: Link, kind: Outcome) -> OpenRequest:
    session = {
        Outcome.VIEWED: None,
        Outcome.RENEWED: session_of(link, ROTATION),
        Outcome.OPENED: session_of(link, EARLIER_ROTATION),
    }[kind]
    return OpenRequest(
        token_digest=digest(link.token), is_well_formed=True, session=session,
        counts=kind is not Outcome.VIEWED, client=ANNA, agent=Agent.UNKNOWN, referrer=None,
        trace=link.number, now_us=NOW, tick_us=NOW,
    )  # fmt: skip


@contextlib.contextmanager
def _opens_on(place: DatabaseLocation) -> Iterator[Run]:
    """What runs a batch on this database, without limits, and commits it."""
    parts = (OwnRateLimits(0, 0), Pseudonyms(CountedDays()), 3600)
    if place.url is not None:
        connections = Connections(place.url, 1)
        yield OpenKeeper(*parts, connections).run
        connections.close()
        return
    keeper = OpenKeeper(*parts)
    with contextlib.closing(sqlite3.connect(place.path, isolation_level=None)) as connection:

        async def run(items: Sequence[OpenRequest | None]) -> list[Opening | None]:
            connection.execute("BEGIN IMMEDIATE")
            openings = keeper.run_now(connection, items)
            connection.execute("COMMIT")
            keeper.done()
            return openings

        yield run
