"""The migrations make exactly the tables that the store declares, and the version it names is their head."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData

import listenlink.store
from listenlink.store import tables as tables
from listenlink.store.audit import tables as audit_tables  # noqa: F401 (its tables are declared by that)
from listenlink.store.database.columns import SCHEMA_VERSION, metadata
from listenlink.store.database.sqlite import create_database, make_engine, schema_version, upgrade


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "listenlink.db"
    create_database(path)
    return path


def differences(database: Path, declared: MetaData) -> list[object]:
    engine = make_engine(database)
    try:
        with engine.connect() as connection:
            options = {"compare_type": True, "compare_server_default": True}
            context = MigrationContext.configure(connection, opts=options)
            return list(compare_metadata(context, declared))
    finally:
        engine.dispose()


def written_lines(sql: str) -> list[str]:
    """A column that was added later stands on the last line, before the bracket that ends the table."""
    return re.split(r"\n|, (?=[a-z_0-9]+ [A-Z])", sql.removesuffix(")"))


def written_tables(database: Path) -> dict[str, set[str]]:
    """Each table's and index's SQL as the file holds it, as a set of lines: their order may differ."""
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {
            name: {re.sub(r"\s+", " ", line).strip(" ,") for line in written_lines(sql)}
            for name, sql in rows
            if name not in ("alembic_version", "sqlite_sequence")
        }


def test_the_migrations_make_what_is_declared(database: Path) -> None:
    assert differences(database, metadata) == []


def test_the_comparison_itself_finds_a_missing_table_and_a_missing_column(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("ALTER TABLE shares DROP COLUMN label")
        connection.execute("DROP TABLE limited")
    found = str(differences(database, metadata))
    assert "add_table" in found
    assert "add_column" in found


def test_the_migrations_write_the_same_sql_as_the_declaration(
    database: Path, tmp_path: Path
) -> None:
    """Constraints, WITHOUT ROWID and the like, which Alembic doesn't compare on SQLite."""
    declared = tmp_path / "declared.db"
    with sqlite3.connect(declared) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    engine = make_engine(declared)
    metadata.create_all(engine)
    engine.dispose()
    migrated = written_tables(database)
    assert set(migrated) >= set(metadata.tables)
    # Triggers are made by migrations alone.
    assert {name: sql for name, sql in migrated.items() if not name.startswith("keep_")} == (
        written_tables(declared)
    )


def test_the_version_is_the_newest_migration_and_the_only_head(database: Path) -> None:
    config = Config()
    folder = Path(listenlink.store.__file__).parent / "database" / "migrations"
    config.set_main_option("script_location", str(folder))
    assert ScriptDirectory.from_config(config).get_heads() == [SCHEMA_VERSION]
    assert schema_version(database) == SCHEMA_VERSION


def test_a_file_that_was_never_migrated_is_brought_to_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    assert schema_version(path) is None
    upgrade(path)
    assert schema_version(path) == SCHEMA_VERSION
    assert differences(path, metadata) == []


def test_upgrading_twice_changes_nothing(database: Path) -> None:
    before = written_tables(database)
    upgrade(database)
    assert written_tables(database) == before


def test_a_database_is_never_made_over_another_one(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("INSERT INTO organizations VALUES (1, 'kept', 0)")
    connection.close()
    with pytest.raises(FileExistsError):
        create_database(database)
    with sqlite3.connect(database) as connection:
        assert connection.execute("SELECT name FROM organizations").fetchall() == [("kept",)]


def test_a_database_is_readable_by_its_owner_only_and_in_wal_mode(database: Path) -> None:
    assert database.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(database) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize(
    ("opens", "max_opens", "targets"),
    [(2, 1, (1, None)), (0, None, (1, 1)), (0, None, (None, None))],
)
def test_the_file_itself_refuses_a_link_that_is_over_or_without_one_target(
    database: Path, opens: int, max_opens: int | None, targets: tuple[int | None, int | None]
) -> None:
    connection = sqlite3.connect(database)
    insert = (
        "INSERT INTO shares (id, token_digest, organization_id, creator_id, track_id, collection_id,"
        " visibility, max_opens, opens, created_at) VALUES (1, x'00', 1, 1, ?, ?, 'public', ?, ?, 0)"
    )
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        connection.execute(insert, (*targets, max_opens, opens))
    connection.execute(insert, (1, None, 1, 1))
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        connection.execute("UPDATE shares SET opens = opens + 1")
    connection.close()
