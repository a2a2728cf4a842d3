"""Every combination of what a link's life is made of: what SQL decides of it and what Python does agree with
one oracle, which is written here anew.

The links are put in at once; then each statement that decides anything about a link is asked once for each.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import pytest
from sqlalchemy import Connection, insert

from engines import ENGINE, SQLITE, new_backend
from listenlink.actions import record_listen as listening
from listenlink.actions import save_track as saving
from listenlink.actions.open_link import Opening, OpenRequest
from listenlink.actions.opening.pseudonyms import Pseudonyms
from listenlink.actions.opening.rate_limits import OwnRateLimits
from listenlink.actions.opening.transaction import OpenKeeper
from listenlink.actions.play_track import TrackPlayer
from listenlink.actions.show_page import PageShower
from listenlink.actions.watch_links import LinkWatcher
from listenlink.clock import SECOND_US, Clock
from listenlink.media.picture_url import LARGE, PREVIEW, PictureName
from listenlink.media.signed_url import PlaybackUrls
from listenlink.model.audit import Agent, Outcome, Reason
from listenlink.model.licence import EngineRegistry
from listenlink.model.listen_session import ListenSession
from listenlink.model.share import LinkState
from listenlink.model.share_token import digest
from listenlink.model.signing import Signer, SigningKey
from listenlink.store import belongings, pages, shares, suspensions, tables
from listenlink.store.belongings import Whose
from listenlink.store.database.database import Database
from listenlink.store.database.location import DatabaseLocation
from listenlink.store.fingerprints import find_fingerprint
from listenlink.store.opening.connections import Connections
from listenlink.store.opening.playback import PlaybackReader, SqlitePlaybackReader
from listenlink.store.opening.postgres_playback import PostgresPlaybackReader
from listenlink.store.pictures import find_drawable
from listenlink.store.targets import MOST_TRACKS
from store.shown_rows import add_collection, add_link, add_owner, add_track
from store.test_client_names import ANNA, NOON_US, CountedDays, client_of

NOW = NOON_US
ROTATION, EARLIER_ROTATION = 1, 0
STANDING, SUSPENDED = 1, 2
# Of each organisation: tracks, of which one is removed; what its links lead to, and which tracks that is.
FIRST, GONE, SECOND = 1, 2, 3
TARGETS: tuple[tuple[str, int, tuple[int, ...] | None], ...] = (
    ("track_id", FIRST, (FIRST,)),
    ("track_id", GONE, None),
    ("collection_id", 1, (SECOND, FIRST)),
    ("collection_id", 2, ()),
    ("collection_id", 3, None),
    ("collection_id", 4, ()),
)
_STATES = {
    Reason.REVOKED: LinkState.REVOKED,
    Reason.EXPIRED: LinkState.EXPIRED,
    Reason.NOT_STARTED: LinkState.SCHEDULED,
}
_AT_ONCE = 100
Run = Callable[[Sequence[OpenRequest | None]], Awaitable[list[Opening | None]]]


class Link(NamedTuple):
    """One combination; `number` is its row's, `leads_to` the tracks that it leads to, None for a target that
    is gone."""

    number: int
    organization: int
    revoked_at: int | None
    starts_at: int | None
    expires_at: int | None
    max_opens: int | None
    opens: int
    column: str
    target: int
    leads_to: tuple[int, ...] | None

    @property
    def token(self) -> str:
        return f"shr_{self.number:032x}"

    @property
    def reason(self) -> Reason | None:
        """Why it doesn't work, but for being spent."""
        if self.revoked_at is not None:
            return Reason.REVOKED
        if self.expires_at in (NOW - 1, NOW):
            return Reason.EXPIRED
        if self.starts_at == NOW + 1:
            return Reason.NOT_STARTED
        return Reason.SUSPENDED if self.organization == SUSPENDED else None

    @property
    def is_spent(self) -> bool:
        return self.opens == self.max_opens

    @property
    def state(self) -> LinkState:
        own = LinkState.SPENT if self.is_spent else LinkState.ACTIVE
        return own if self.reason in (None, Reason.SUSPENDED) else _STATES[self.reason]

    def works(self, rotation: int = ROTATION) -> bool:
        """For who holds something of this rotation."""
        return rotation == ROTATION and self.reason is None


def _of(organization: int, number: int) -> int:
    return 10 * organization + number


def _combinations() -> Iterator[Link]:
    times = (None, NOW - 1, NOW, NOW + 1)
    opens = ((None, 7), (2, 1), (2, 2))
    every = product((STANDING, SUSPENDED), (None, NOW - 5), times, times, opens, TARGETS)
    for number, (organization, revoked, starts, expires, counts, target) in enumerate(every, 1):
        column, which, leads = target
        leads_to = None if leads is None else tuple(_of(organization, track) for track in leads)
        yield Link(
            number, organization, revoked, starts, expires, *counts, column,
            _of(organization, which), leads_to,
        )  # fmt: skip


LINKS = tuple(_combinations())
# What is asked for one link at a time, without regard to its opens. A round trip for each takes long.
EACH = LINKS if ENGINE == SQLITE else tuple(link for link in LINKS if link.max_opens is None)


def _fill(connection: Connection) -> None:
    add_owner(connection)
    for organization in (STANDING, SUSPENDED):
        track = partial(_of, organization)
        whose = {"organization_id": organization, "creator_id": organization}
        for number in (FIRST, GONE, SECOND):
            removed_at = 9 if number == GONE else None
            add_track(connection, track(number), **whose, removed_at=removed_at)
        add = partial(
            add_collection, connection, organization_id=organization, owner_id=organization
        )
        add(track(1), track(SECOND), track(GONE), track(FIRST))
        add(track(2))
        add(track(3), track(FIRST), removed_at=9)
        add(track(4), track(GONE))
    rows = [
        {
            "id": link.number, "token_digest": digest(link.token), "organization_id": link.organization,
            "creator_id": link.organization, "visibility": "link_only", "created_at": link.number,
            "revoked_at": link.revoked_at, "starts_at": link.starts_at, "expires_at": link.expires_at,
            "max_opens": link.max_opens, "opens": link.opens, "rotation": ROTATION,
            "allow_download": True, "track_id": None, "collection_id": None, link.column: link.target,
        }
        for link in LINKS
    ]  # fmt: skip
    connection.execute(insert(tables.shares), rows)
    suspensions.suspend(connection, SUSPENDED, NOW - 5)


def _filled(folder: Path) -> DatabaseLocation:
    place = new_backend(folder)
    with contextlib.closing(place.open()) as database:
        database.write_now(_fill)
    return place


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> DatabaseLocation:
    """All combinations, for what only reads."""
    return _filled(tmp_path_factory.mktemp("lives"))


@pytest.fixture(scope="module")
def database(backend: DatabaseLocation) -> Iterator[Database]:
    with contextlib.closing(backend.open()) as opened:
        yield opened


class OneRead:
    """In place of a database: all that is asked is read in one transaction, at once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def read(self, work: Callable[[Connection], Any]) -> Any:
        return work(self._connection)


class OnlyFound(list[Any]):
    """In place of `write_by_link`: takes what it would write by, or None if it would refuse."""

    async def __call__(self, database: Any, *asked: Any) -> None:
        *_, find, _ = asked
        self.append(await database.read(find))


def _now(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine returns that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return ended.value
    raise AssertionError("it waits")


def session_of(link: Link, rotation: int) -> ListenSession:
    return ListenSession(link.number, rotation, 7, NOW // SECOND_US + 60)


def tracks_of(link: Link) -> list[int]:
    return [_of(link.organization, number) for number in (FIRST, GONE, SECOND)]


def leads(link: Link, track: int) -> bool:
    return track in (link.leads_to or ())


def test_lists_by_state_are_what_each_link_says_of_itself(database: Database) -> None:
    def walk(connection: Connection) -> None:
        for organization, state in product((STANDING, SUSPENDED), LinkState):
            owner = (organization, organization)
            found = shares.list_own_shares(connection, *owner, None, state, NOW, len(LINKS), 0)
            wanted = {
                link.number
                for link in LINKS
                if (link.organization, link.state) == (organization, state)
            }
            assert {share.id for share in found} == wanted != set()
            assert {share.state(NOW) for share in found} == {state}
        for organization in (STANDING, SUSPENDED):
            left = [
                link for link in LINKS if link.organization == organization and not link.revoked_at
            ]
            counted = belongings.count_belongings(connection, Whose(organization, organization))
            assert counted == (2, 3, len(left))
            unended = belongings.find_unended_links(connection, Whose(organization, organization))
            assert sorted(unended) == [link.number for link in left]

    database.read_now(walk)


def test_who_holds_a_session_or_a_token_is_served_while_the_link_works(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = OnlyFound()
    for module in (saving, listening):
        monkeypatch.setattr(module, "write_by_link", found)
    clock: Any = SimpleNamespace(now_us=lambda: NOW)
    nobody: Any = None

    def walk(connection: Connection) -> None:
        here: Any = OneRead(connection)
        watcher = LinkWatcher(here, clock, 1)
        for link in LINKS:
            _now(saving.save_track(here, nobody, nobody, ANNA, link.token, NOW, NOW))
            can_be_saved = link.column == "track_id" and link.leads_to and not link.is_spent
            assert (found.pop() is not None) is bool(link.works() and can_be_saved), link
        for link in EACH:
            for rotation, track in (
                *((ROTATION, track) for track in tracks_of(link)), (EARLIER_ROTATION, link.target)
            ):  # fmt: skip
                held = (link.token, session_of(link, rotation), track)
                _now(listening.record_listen(here, nobody, ANNA, *held, NOW, NOW))
                is_heard = link.works(rotation) and leads(link, track)
                assert (found.pop() is not None) is is_heard, link
            for rotation in (ROTATION, EARLIER_ROTATION):
                stands = _now(watcher.stands(session_of(link, rotation), digest(link.token)))
                assert stands is (link.works(rotation) and link.leads_to is not None), link

    database.read_now(walk)


async def test_who_watches_is_told_of_each_link_that_does_not_work(database: Database) -> None:
    watcher = LinkWatcher(database, cast(Clock, SimpleNamespace(now_us=lambda: NOW)), 10_000)
    with contextlib.ExitStack() as watching:
        watches = {
            (link, rotation): watching.enter_context(
                watcher.watch(session_of(link, rotation), client_of(link.number))
            )
            for link in LINKS
            for rotation in (ROTATION, EARLIER_ROTATION)
        }
        await watcher.look()
        for (link, rotation), watch in watches.items():
            stands = link.works(rotation) and link.leads_to is not None
            assert (watch.is_closed, watch.ended.is_set()) == (not stands, not stands), link


def test_pages_and_pictures_show_what_the_link_leads_to(database: Database) -> None:
    nothing: Any = None

    def walk(connection: Connection) -> None:
        shower = PageShower(cast(Database, OneRead(connection)), EngineRegistry((), ()), nothing)

        def is_pictured(link: Link, rotation: int, track: int, kind: str) -> bool:
            name = PictureName(link.number, rotation, track, kind)
            return _now(shower.find_pictured(name, NOW)) is not None

        for link in EACH:
            shown = pages.find_shown(connection, link.number)
            assert (shown and tuple(each.track.id for each in shown.tracks)) == link.leads_to
            assert (find_fingerprint(connection, link.number) is None) is (link.leads_to is None)
            for rotation in (ROTATION, EARLIER_ROTATION):
                is_there = link.works(rotation) and link.leads_to is not None
                assert is_pictured(link, rotation, 0, PREVIEW) is is_there, link
            for track in tracks_of(link):
                is_there = link.works() and leads(link, track)
                assert is_pictured(link, ROTATION, track, LARGE) is is_there, link
                download = pages.find_download(connection, link.number, track)
                assert (download is not None) is leads(link, track), link

    database.read_now(walk)


async def test_a_track_plays_and_is_downloaded_while_the_link_works_and_leads_to_it(
    backend: DatabaseLocation,
) -> None:
    ring = [SigningKey("0" * 8, b"k" * 32)]
    urls = PlaybackUrls("", *(Signer(ring, purpose) for purpose in ("shared", "own", "download")))
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
    place = _filled(tmp_path)
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
    asked = (STANDING, STANDING, None, LinkState.SPENT, NOW, len(LINKS), 0)
    with contextlib.closing(place.open()) as database:
        spent = database.read_now(lambda c: shares.list_own_shares(c, *asked))
    by_opening = {link.number for link in opened if link.max_opens is not None}
    before = {
        link.number
        for link in LINKS
        if (link.organization, link.state) == (STANDING, LinkState.SPENT)
    }
    assert {share.id for share in spent} == before | by_opening
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
