"""What SQL takes for a link's version of a track is what `model/versions.py` takes for it, on both
databases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, insert, text, update

from engines import new_backend
from listenlink.model.versions import Turn, Version, Versions
from listenlink.store import tables
from listenlink.store.database.database import Database
from listenlink.store.fingerprints import find_fingerprint
from listenlink.store.pages import find_shown
from listenlink.store.targets import LEADS_TO, SHOWN_AUDIO, SHOWN_VERSION
from listenlink.store.tracks import track_of
from store.shown_rows import TO_EVENING, TO_TRACK, add_library

_FIND = text(
    f"SELECT {SHOWN_VERSION}, {SHOWN_AUDIO}, {LEADS_TO} "  # noqa: S608 (made of constants)
    "FROM shares s JOIN tracks t ON t.id = 1 WHERE s.id = :share"
)
TURNS = [Turn(100, 1), Turn(200, 2), Turn(300, 3), Turn(400, 2)]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = new_backend(tmp_path_factory.mktemp("data")).open()
    opened.write_now(add_library)
    yield opened
    opened.close()


class Undone(Exception):
    """Ends a transaction that nothing is to be left of."""


def put(connection: Connection, removed: set[int]) -> Versions:
    """Three versions of the first track, whose audio are the first three objects."""
    row = connection.execute(tables.tracks.select().where(tables.tracks.c.id == 1)).one()
    stamp = track_of(row).stamp
    versions = Versions(
        tuple(
            Version(number, "studio", stamp, number, 5, 5, is_removed=number in removed)
            for number in (1, 2, 3)
        ),
        tuple(TURNS),
    )
    for one in versions.items:
        values: dict[str, Any] = {
            name: getattr(row, name) for name in row._fields if name.startswith("stamp_")
        }
        audio = None if one.is_removed else one.number
        connection.execute(
            insert(tables.track_versions).values(
                track_id=1, number=one.number, audio_id=audio, engine="studio", sample_count=5,
                sample_rate=5, is_shorter_than_declared=False, created_at=one.created_at, **values,
            )
        )  # fmt: skip
    for turn in TURNS:
        connection.execute(insert(tables.track_turns).values(track_id=1, **turn._asdict()))
    changed = update(tables.tracks).where(tables.tracks.c.id == 1)
    connection.execute(changed.values(version=2, audio_id=2, versions=versions.write()))
    return versions


@pytest.mark.parametrize("is_pinned", [False, True])
@pytest.mark.parametrize("removed", [set(), {1}, {1, 3}])
@pytest.mark.parametrize("made_at", [0, 100, 101, 200, 201, 300, 301, 400, 401, 900])
def test_sql_and_the_rule_say_the_same(
    database: Database, is_pinned: bool, removed: set[int], made_at: int
) -> None:
    def work(connection: Connection) -> None:
        versions = put(connection, removed)
        connection.execute(update(tables.shares).values(is_pinned=is_pinned, created_at=made_at))
        for share in (TO_TRACK, TO_EVENING):
            number, audio, leads = connection.execute(_FIND, {"share": share}).one()
            shown = versions.shown(made_at, is_pinned=is_pinned)
            assert number == shown.number
            assert audio == (None if shown.is_removed else shown.number)
            assert bool(leads) is not shown.is_removed
            page = find_shown(connection, share)
            there = page.tracks if page else []
            assert (1 in {one.track.id for one in there}) is not shown.is_removed
            for one in there:
                assert one.track.version == (shown.number if one.track.id == 1 else 1)
            assert (find_fingerprint(connection, share) is None) is (
                shown.is_removed and share == TO_TRACK
            )
        raise Undone

    with pytest.raises(Undone):
        database.write_now(work)


def test_a_pinned_page_is_another_and_stays(database: Database) -> None:
    def work(connection: Connection) -> None:
        put(connection, set())
        connection.execute(update(tables.shares).values(created_at=150))
        follows = find_fingerprint(connection, TO_TRACK)
        connection.execute(update(tables.shares).values(is_pinned=True))
        pinned = find_fingerprint(connection, TO_TRACK)
        assert pinned != follows
        first = update(tables.audio_objects).where(tables.audio_objects.c.id == 1)
        connection.execute(first.values(derived_at=77))
        assert find_fingerprint(connection, TO_TRACK) != pinned
        raise Undone

    with pytest.raises(Undone):
        database.write_now(work)
