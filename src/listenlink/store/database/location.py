"""Where an instance's database is, and opening it: a file in its folder, or PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from listenlink.store.database import migrate
from listenlink.store.database.columns import SCHEMA_VERSION
from listenlink.store.database.database import Database
from listenlink.store.database.postgres import find_node
from listenlink.store.database.sqlite import FILE_NAME, create_database, schema_version, upgrade
from listenlink.store.database.sqlite_database import SqliteDatabase


class DatabaseLocation(NamedTuple):
    """The instance's folder, and the URL of its database if that isn't in the folder."""

    folder: Path
    url: str | None = None

    @property
    def path(self) -> Path:
        """The path of the embedded database's file."""
        return self.folder / FILE_NAME

    def __str__(self) -> str:
        """The location as shown to the operator: a URL may contain a password."""
        return str(self.folder) if self.url is None else "the database of LISTENLINK_DATABASE_URL"

    def open(self, *, serves: bool = False) -> Database:
        """Open the database, whatever state its tables are in. `serves` lets other nodes see this one."""
        if self.url is None:
            return SqliteDatabase(self.path)
        # Imported here, so that the embedded database needn't wait for this to load.
        from listenlink.store.database.postgres_database import PostgresDatabase

        return PostgresDatabase(self.url, serves=serves)

    def is_served(self) -> bool:
        """Whether a node is serving on this PostgreSQL now. Raises Problem(UNAVAILABLE)."""
        if self.url is None:
            return False
        database = self.open()
        try:
            return database.read_now(find_node)
        finally:
            database.close()

    def find_version(self) -> str | None:
        """Return the migration its tables are at, None if there are none. Raises Problem(UNAVAILABLE)."""
        if self.url is None:
            return schema_version(self.path) if self.path.exists() else None
        database = self.open()
        try:
            return database.read_now(migrate.find_version)
        finally:
            database.close()

    def is_current(self) -> bool:
        """Whether its tables are those of this release."""
        return self.find_version() == SCHEMA_VERSION

    def create(self) -> None:
        """Create the tables where there are none. Raises Problem(UNAVAILABLE)."""
        if self.url is None:
            create_database(self.path)
        else:
            self.upgrade()

    def upgrade(self) -> None:
        """Bring the tables up to the newest migration; does nothing if they already are."""
        if self.url is None:
            upgrade(self.path)
            return
        database = self.open()
        try:
            database.write_now(migrate.migrate)
        finally:
            database.close()
