"""The fingerprint changes with whatever a page shows, and with nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from engines import new_backend
from listenlink.store import tables
from listenlink.store.database.columns import metadata
from listenlink.store.database.database import Database
from listenlink.store.fingerprints import find_fingerprint
from listenlink.store.opening.open_rows import MOST_TRACKS
from store.shown_columns import BOTH, NOT_SHOWN, ONE, SHOWN
from store.shown_rows import (
    EVENING,
    TO_EVENING,
    TO_TRACK,
    add_library,
    add_link,
    add_mark,
    add_track,
)

CASES = [
    (table, column, value, changed)
    for table, columns in SHOWN.items()
    for column, (value, changed) in columns.items()
] + [
    (table, column, value, set[int]())
    for table, columns in NOT_SHOWN.items()
    for column, value in columns.items()
]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = new_backend(tmp_path_factory.mktemp("data")).open()
    opened.write_now(add_library)
    yield opened
    opened.close()


class Undone(Exception):
    """Ends a transaction that nothing is to be left of."""


def prints(connection: Connection) -> dict[int, object]:
    return {link: find_fingerprint(connection, link) for link in sorted(BOTH)}


def changed_by(database: Database, change: Any) -> set[int]:
    """The links whose fingerprint is another after the change; nothing of it is left."""
    found: set[int] = set()

    def work(connection: Connection) -> None:
        before = prints(connection)
        assert None not in before.values()
        assert before == prints(connection)
        change(connection)
        after = prints(connection)
        found.update(link for link in before if before[link] != after[link])
        raise Undone

    with pytest.raises(Undone):
        database.write_now(work)
    return found


@pytest.mark.parametrize("name", SHOWN)
def test_of_each_column_somebody_has_said_whether_it_is_shown(name: str) -> None:
    declared = [*SHOWN[name], *NOT_SHOWN.get(name, ())]
    columns = {column.name for column in metadata.tables[name].columns} - {"id"}
    assert sorted({*declared} - {"id"}) == sorted(columns)


@pytest.mark.parametrize(("name", "column", "value", "changed"), CASES)
def test_it_changes_with_what_is_shown_alone(
    database: Database, name: str, column: str, value: Any, changed: set[int]
) -> None:
    table = metadata.tables[name]
    row = (table.c.id if "id" in table.c else table.c.track_id) == 1

    def change(connection: Connection) -> None:
        new = value if isinstance(value, dict) else {column: value}
        connection.execute(update(table).where(row).values(new))

    assert changed_by(database, change) == changed


def test_tracks_come_and_go(database: Database) -> None:
    members = tables.collection_tracks
    new = {"collection_id": EVENING, "track_id": 4, "position": 2, "added_at": 0}
    gone = (members.c.collection_id == EVENING) & (members.c.track_id == 2)
    assert changed_by(database, lambda c: c.execute(insert(members).values(new))) == ONE
    assert changed_by(database, lambda c: c.execute(delete(members).where(gone))) == ONE


def test_what_is_known_of_an_older_version_is_shown_and_of_a_newer_one_is_not(
    database: Database,
) -> None:
    marks = tables.track_marks

    def raised(connection: Connection, version: int) -> None:
        connection.execute(
            update(tables.tracks).where(tables.tracks.c.id == 1).values(version=2, versions="[2,")
        )
        for number in (2, 3):
            add_mark(connection, 1, number)
        before = prints(connection)
        of_version = (marks.c.track_id == 1) & (marks.c.version == version)
        connection.execute(update(marks).where(of_version).values(by_creator=2))
        told.append({link for link, one in prints(connection).items() if one != before[link]})

    for version, changed in ((1, BOTH), (2, BOTH), (3, set[int]())):
        told: list[set[int]] = []
        changed_by(database, partial(raised, version=version))
        assert told == [changed]


def test_a_track_elsewhere_changes_nothing(database: Database) -> None:
    other = update(tables.tracks).where(tables.tracks.c.id == 3).values(title="Other")
    assert changed_by(database, lambda c: c.execute(other)) == set()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "bc"), ("ab", "c")),
        (('a","b', "c"), ("a", 'b","c')),
        (("a", None), ("a", "null")),
        (("a", ""), ("a", None)),
        (("\\", "\\"), ("\\\\", "")),
        (("ü", "é"), ("é", "ü")),
    ],
)
def test_no_two_texts_look_the_same(
    database: Database, one: tuple[str, str | None], other: tuple[str, str | None]
) -> None:
    seen: list[object] = []

    def work(connection: Connection) -> None:
        for title, artist in (one, other):
            connection.execute(
                update(tables.tracks)
                .where(tables.tracks.c.id == 1)
                .values(title=title, artist=artist)
            )
            seen.append(find_fingerprint(connection, TO_TRACK))
        raise Undone

    with pytest.raises(Undone):
        database.write_now(work)
    assert seen[0] != seen[1]


def test_two_links_to_the_same_have_their_own(database: Database) -> None:
    def work(connection: Connection) -> None:
        add_link(connection, 9, collection_id=EVENING)
        mine, other = find_fingerprint(connection, TO_EVENING), find_fingerprint(connection, 9)
        assert mine is not None
        assert other is not None
        assert mine.digest != other.digest
        assert mine.is_collection
        raise Undone

    with pytest.raises(Undone):
        database.write_now(work)


def test_what_no_page_has_room_for_changes_nothing(database: Database) -> None:
    """The page ends with the 500th track; the one behind it comes in when one before it goes."""

    def fill(connection: Connection) -> None:
        for number in range(100, 100 + MOST_TRACKS):
            add_track(connection, number)
            connection.execute(
                insert(tables.collection_tracks).values(
                    collection_id=EVENING, track_id=number, position=number, added_at=0
                )
            )
        members = select(func.count()).where(tables.collection_tracks.c.collection_id == EVENING)
        assert connection.execute(members).scalar_one() == MOST_TRACKS + 2

    def rename(number: int) -> Any:
        return update(tables.tracks).where(tables.tracks.c.id == number).values(title="Other")

    def work(connection: Connection) -> None:
        fill(connection)
        full = find_fingerprint(connection, TO_EVENING)
        connection.execute(rename(99 + MOST_TRACKS))
        assert find_fingerprint(connection, TO_EVENING) == full
        connection.execute(rename(97 + MOST_TRACKS))
        assert find_fingerprint(connection, TO_EVENING) != full
        raise Undone

    with pytest.raises(Undone):
        database.write_now(work)


def test_there_is_none_of_what_is_not_there(database: Database) -> None:
    assert database.read_now(lambda c: find_fingerprint(c, 12345)) is None
    with pytest.raises(IntegrityError):
        database.write_now(lambda c: add_link(c, 10, track_id=1, collection_id=EVENING))
