"""Every combination of what a link's life is made of: what SQL decides of it and what Python does agree with
one oracle (`store/all_lives.py`).

The links are put in at once; then each statement that decides anything about a link is asked once for each.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine, Iterator
from itertools import product
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection

from listenlink.actions import record_listen as listening
from listenlink.actions import save_track as saving
from listenlink.actions.show_page import PageShower
from listenlink.actions.watch_links import LinkWatcher
from listenlink.clock import Clock
from listenlink.media.picture_url import LARGE, PREVIEW, PictureName
from listenlink.model.licence import EngineRegistry
from listenlink.model.listing import Slice
from listenlink.model.owner import Owner
from listenlink.model.share import LinkState
from listenlink.model.share_token import digest
from listenlink.store import belongings, listed_links, pages
from listenlink.store.database.database import Database
from listenlink.store.fingerprints import find_fingerprint
from store.all_lives import (
    EACH,
    EARLIER_ROTATION,
    LINKS,
    NOW,
    ROTATION,
    STANDING,
    SUSPENDED,
    Link,
    filled,
    leads,
    session_of,
    tracks_of,
)
from store.test_client_names import ANNA, client_of
from store.test_client_names import asked as ask

# A look, as it's asked by a well-formed token.
ASKED = replace(ask(ANNA), now_us=NOW, counts=False)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """All combinations, for what only reads."""
    with contextlib.closing(filled(tmp_path_factory.mktemp("lives")).open()) as opened:
        yield opened


class OneRead:
    """In place of a database: all that is asked is read in one transaction, at once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def read(self, work: Callable[[Connection], Any]) -> Any:
        return work(self._connection)


class OnlyFound(list[Any]):
    """In place of `write_by_link`: takes what it would write by, or None if it would refuse; what it returns
    stands for what was written."""

    async def __call__(self, database: Any, *asked: Any) -> str:
        *_, find, _ = asked
        self.append(await database.read(find))
        return "written"


def _now(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine returns that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return ended.value
    raise AssertionError("it waits")


def test_lists_by_state_are_what_each_link_says_of_itself(database: Database) -> None:
    def walk(connection: Connection) -> None:
        for organization, state in product((STANDING, SUSPENDED), LinkState):
            owner = (organization, organization)
            found = listed_links.list_own_shares(
                connection, *owner, None, state, NOW, Slice(len(LINKS))
            )
            wanted = {
                link.number
                for link in LINKS
                if (link.organization, link.state) == (organization, state)
            }
            assert {share.id for share in found.items} == wanted != set()
            assert {share.state(NOW) for share in found.items} == {state}
        for organization in (STANDING, SUSPENDED):
            left = [
                link for link in LINKS if link.organization == organization and not link.revoked_at
            ]
            counted = belongings.count_belongings(connection, Owner(organization, organization))
            assert counted == (2, 3, len(left))
            unended = belongings.find_unended_links(connection, Owner(organization, organization))
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
            asked = replace(ASKED, token_digest=digest(link.token))
            _now(saving.save_track(here, nobody, nobody, nobody, asked, link.token))
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
