"""Bringing a database's tables up to the newest migration, within the caller's transaction."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from listenlink.store.database.columns import SCHEMA_VERSION
from listenlink.store.database.postgres import MIGRATING, wait_for_turn


def find_version(connection: Connection) -> str | None:
    """Return the migration the tables are at, or None if there never was one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def migrate(connection: Connection) -> None:
    """Run the missing migrations. If several nodes start at once, the others wait for the first."""
    wait_for_turn(connection, MIGRATING)
    if find_version(connection) == SCHEMA_VERSION:
        return
    # Imported here: Alembic is slow to load, and a server that is up to date doesn't need it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
