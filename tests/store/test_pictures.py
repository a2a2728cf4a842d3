"""What pictures are made of is what the page shows, read without the rest of the page."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import Connection, update

from engines import new_backend
from listenlink.actions.show_page import PageShower
from listenlink.model.licence import EngineRegistry
from listenlink.model.page import Page
from listenlink.model.share import Life
from listenlink.store import pages, tables
from listenlink.store.database.database import Database
from listenlink.store.pictures import find_covers, find_drawable
from store.shown_rows import (
    EVENING,
    TO_EVENING,
    TO_TRACK,
    add_collection,
    add_given_cover,
    add_library,
    add_link,
    add_owner,
    add_track,
)

ARTISTS = ("Ana", "Ben", None, "")
LIBRARIES = 40
# A cover, or that none is shown.
GIVEN: list[dict[str, None]] = [{}, {"cover_digest": None, "cover_small_digest": None}]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = new_backend(tmp_path_factory.mktemp("data")).open()
    opened.write_now(add_library)
    yield opened
    opened.close()


def add_any_collection(connection: Connection, number: int, rng: random.Random) -> None:
    """A collection of few tracks, as like or unlike each other as it happens, in any order."""
    members = [number * 100 + place for place in range(rng.choice([0, 1, 1, 2, 3, 5]))]
    artists = rng.choices(ARTISTS, k=rng.choice([1, 1, 2]))
    for track in members:
        cover = track.to_bytes(32, "big") if rng.random() < 0.5 else None
        add_track(
            connection,
            track,
            artist=rng.choice(artists),
            cover_digest=cover,
            peaks=rng.choice([None, rng.randbytes(600)]),
            removed_at=rng.choice([None, None, None, 9]),
        )
        if rng.random() < 0.3:
            add_given_cover(connection, track + 50, track_id=track, **rng.choice(GIVEN))
    rng.shuffle(members)
    wanted = rng.choice([None, *members, 1])
    add_collection(connection, number, *members, name=f"C{number}", cover_track_id=wanted)
    if rng.random() < 0.3:
        add_given_cover(connection, number, collection_id=number, **rng.choice(GIVEN))
    add_link(connection, number, collection_id=number)
    if members:
        add_link(connection, number + 1000, track_id=members[0])


def cover_of(page: Page, shown: pages.ShownLink) -> bytes | None:
    """The digest behind the page's picture, which has to be the same in the row that its address leads to."""
    if page.cover is None:
        return None
    if page.cover.number:
        (track,) = (each for each in page.tracks if each.number == page.cover.number)
        assert track.given_cover == page.cover.given
        return track.cover
    assert shown.collection is not None
    return shown.collection.cover


def test_a_preview_is_drawn_of_what_the_page_shows(database: Database) -> None:
    rng = random.Random(5)  # noqa: S311
    shower = PageShower(database, EngineRegistry((), ()), None)  # type: ignore[arg-type]
    numbers = range(10, 10 + LIBRARIES)

    def add(connection: Connection) -> None:
        for number in numbers:
            add_any_collection(connection, number, rng)

    database.write_now(add)
    seen = {"gone": 0, "covers": 0, "artists": 0, "peaks": 0}
    for link in [*numbers, *(number + 1000 for number in numbers)]:
        shown = database.read_now(partial(pages.find_shown, share_id=link))
        drawable = database.read_now(partial(find_drawable, share_id=link))
        assert (shown is None) == (drawable is None)
        if shown is None or drawable is None:
            seen["gone"] += 1
            continue
        page = shower._page(shown, 1, True)
        assert drawable.artist == page.artist
        assert drawable.cover == cover_of(page, shown)
        first = page.tracks[0] if page.tracks else None
        assert drawable.track == ((first.number, first.title) if first else None)
        assert drawable.peaks == (shown.tracks[0].peaks if first else None)
        target = shown.collection
        assert drawable.collection == ((target.id, target.name) if target else None)
        seen["covers"] += drawable.cover is not None
        seen["artists"] += drawable.artist is not None
        seen["peaks"] += drawable.peaks is not None
    # Each of these came about, and its opposite did.
    assert all(5 < count < 70 for count in seen.values()), seen


def life_of(row: Life) -> tuple[int | None, ...]:
    return row.rotation, row.revoked_at, row.starts_at, row.expires_at, row.suspended_at


def test_a_preview_says_how_its_link_stands(database: Database) -> None:
    changes = {"rotation": 3, "revoked_at": 4, "starts_at": 5, "expires_at": 6, "preview": False}

    def work(connection: Connection) -> None:
        row = tables.shares.c.id.in_((TO_EVENING, TO_TRACK))
        connection.execute(update(tables.shares).where(row).values(changes))

    before = database.read_now(lambda c: find_drawable(c, TO_TRACK))
    assert before is not None
    assert (life_of(before), before.has_preview) == ((0, None, None, None, None), True)
    database.write_now(work)
    for link in (TO_EVENING, TO_TRACK):
        drawable = database.read_now(partial(find_drawable, share_id=link))
        covers = database.read_now(partial(find_covers, share_id=link, track_id=1))
        assert drawable is not None
        assert covers is not None
        assert life_of(drawable) == life_of(covers) == (3, 4, 5, 6, None)
        assert drawable.has_preview is False


@pytest.mark.parametrize(
    ("link", "track", "leads"),
    [(3, 1, True), (3, 2, True), (3, 3, False), (4, 1, True), (4, 2, False), (5, 1, False)],
)
def test_covers_are_those_of_tracks_that_the_link_leads_to(
    tmp_path_factory: pytest.TempPathFactory, link: int, track: int, leads: bool
) -> None:
    database = new_backend(tmp_path_factory.mktemp("data")).open()

    def add(connection: Connection) -> None:
        add_owner(connection)
        for number in (1, 2, 3):
            add_track(connection, number)
        add_collection(connection, EVENING, 1, 2)
        add_link(connection, 3, collection_id=EVENING)
        add_link(connection, 4, track_id=1)

    def remove(connection: Connection) -> None:
        for table, number in ((tables.tracks, 1), (tables.collections, EVENING)):
            connection.execute(update(table).where(table.c.id == number).values(removed_at=9))

    database.write_now(add)
    found = database.read_now(lambda c: find_covers(c, link, track))
    assert (found is not None) is leads
    if found is not None:
        assert (found.large, found.small) == (track.to_bytes(32, "little"),) * 2
    database.write_now(remove)
    assert database.read_now(lambda c: find_covers(c, link, track)) is None
    assert database.read_now(lambda c: find_drawable(c, link)) is None
    database.close()
