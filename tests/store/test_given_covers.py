"""What was given as a cover: one row for each thing, and a note of what goes, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from engines import new_backend
from listenlink.model.cover import Cover, Covered
from listenlink.store import given_covers, stored_objects, tracks
from listenlink.store.database.database import Database
from listenlink.store.given_covers import Given
from store.shown_rows import EVENING, add_given_cover, add_library

ONE, OTHER = Cover(b"1" * 32, b"2" * 32), Cover(b"3" * 32, b"4" * 32)
THINGS = (Covered(track_id=2), Covered(collection_id=EVENING))


@pytest.fixture
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = new_backend(tmp_path_factory.mktemp("data")).open()
    opened.write_now(add_library)
    yield opened
    opened.close()


@pytest.mark.parametrize("thing", THINGS)
def test_what_is_replaced_or_taken_away_is_noted_until_its_bytes_are_gone(
    database: Database, thing: Covered
) -> None:
    def work(connection: Connection) -> None:
        assert given_covers.give(connection, thing, ONE) == []
        assert given_covers.find_given(connection, thing) == Given(ONE)
        assert given_covers.give(connection, thing, OTHER) == [*ONE]
        assert sorted(given_covers.list_dropped(connection).values()) == [*ONE]
        assert given_covers.give(connection, thing, None) == [*OTHER]
        assert given_covers.find_given(connection, thing) == Given(None)
        assert given_covers.take_back(connection, thing) == []
        assert given_covers.find_given(connection, thing) is None
        noted = given_covers.list_dropped(connection)
        assert sorted(noted.values()) == sorted([*ONE, *OTHER])
        assert {*ONE, *OTHER} <= {*stored_objects.list_discarded(connection)}
        given_covers.forget_dropped(connection, list(noted)[:3])
        assert len(given_covers.list_dropped(connection)) == 1

    database.write_now(work)


@pytest.mark.parametrize("thing", THINGS)
def test_an_object_is_needed_as_long_as_anything_was_given_it(
    database: Database, thing: Covered
) -> None:
    def is_kept(connection: Connection) -> list[bool]:
        needed = stored_objects.list_needed(connection)
        kept = [tracks.is_object_kept(connection, digest) for digest in ONE]
        assert kept == [digest in needed for digest in ONE]
        return kept

    def work(connection: Connection) -> None:
        assert is_kept(connection) == [False, False]
        for each in THINGS:
            given_covers.give(connection, each, ONE)
        given_covers.take_back(connection, thing)
        assert is_kept(connection) == [True, True]
        for each in THINGS:
            given_covers.give(connection, each, None)
        assert is_kept(connection) == [False, False]

    database.write_now(work)


def test_a_thing_has_one_cover_and_a_cover_one_thing(database: Database) -> None:
    for wrong in ({"track_id": 1}, {}, {"track_id": 2, "collection_id": EVENING}):
        with pytest.raises(IntegrityError):
            database.write_now(lambda c, w=wrong: add_given_cover(c, 9, **w))  # type: ignore[misc]
