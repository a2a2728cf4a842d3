"""Music from before marks were kept: each version has a row by the migration, of which nothing is known yet,
and what its engine is said to do is learned afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, insert, update

import listenlink.store
from listenlink.model.mark import UNMARKED, Ai
from listenlink.store import marks, tables
from listenlink.store.database.database import Database
from listenlink.store.database.migrate import migrate
from store.shown_rows import add_track
from store.test_mended_rows import ask, old_database


def upgrade(connection: Connection, revision: str) -> None:
    """As far as this."""
    config = Config()
    folder = Path(listenlink.store.__file__).parent / "database" / "migrations"
    config.set_main_option("script_location", str(folder))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def add_version(connection: Connection, number: int, **changes: Any) -> None:
    row = {
        "track_id": 2, "number": number, "audio_id": number, "engine": "studio", "sample_count": 1,
        "sample_rate": 1, "is_shorter_than_declared": False, "stamp_class": "unclear", "stamp_version": "1",
        "stamp_requires_attribution": False, "created_at": 0,
    }  # fmt: skip
    connection.execute(insert(tables.track_versions).values(row | changes))


def fill(connection: Connection) -> None:
    """Two tracks: of the first there is one version; of the second there are three, one of them removed."""
    upgrade(connection, "0045")
    for number in (1, 2, 3):
        add_track(connection, number)
    add_version(connection, 1, engine="own_recording")
    add_version(connection, 2, audio_id=None, removed_at=1)
    add_version(connection, 3)
    second = tables.tracks.c.id == 2
    changed = {"version": 3, "versions": "[3,", "audio_id": 3}
    connection.execute(update(tables.tracks).where(second).values(changed))
    connection.execute(update(tables.tracks).where(tables.tracks.c.id == 3).values(removed_at=1))


def known(database: Database, track: int, version: int) -> Any:
    return database.read_now(lambda c: marks.find_marks(c, {track: version})[track])


def test_of_each_version_that_is_there_it_can_be_learned(tmp_path: Path) -> None:
    database = old_database(tmp_path)
    database.write_now(fill)
    database.write_now(migrate)
    rows = ask(
        database,
        "SELECT track_id, version, audio_id, made_with, by_engine, by_creator, by_file, read_at "
        "FROM track_marks ORDER BY track_id, version",
    )
    assert rows == [
        (1, 1, 1, "studio", 0, 0, 0, None),
        (2, 1, 1, "own_recording", 0, 0, 0, None),
        (2, 3, 3, "studio", 0, 0, 0, None),
        (3, 1, 3, "studio", 0, 0, 0, None),
    ]
    assert known(database, 2, 3) == UNMARKED

    def raised() -> int:
        return database.write_now(lambda c: marks.raise_engine(c, "studio", Ai.GENERATED, most=2))

    assert [raised(), raised(), raised()] == [2, 1, 0]
    assert (known(database, 1, 1).by_engine, known(database, 1, 1).engine) == (2, "studio")
    assert known(database, 2, 1) == UNMARKED
    assert known(database, 2, 3).told is Ai.GENERATED
    # Less than that is learned of nothing.
    assert database.write_now(lambda c: marks.raise_engine(c, "studio", Ai.ASSISTED, most=9)) == 0
    assert known(database, 1, 1).told is Ai.GENERATED
    database.close()
