"""Where an instance's database is, and opening it: a file in its folder, or PostgreSQL."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from listenlink.errors import Problem, RefusesToStart
from listenlink.store.database import migrate
from listenlink.store.database.columns import SCHEMA_VERSION
from listenlink.store.database.database import Database
from listenlink.store.database.faults import Unusable, check_file, find_fault
from listenlink.store.database.postgres import find_node
from listenlink.store.database.sqlite import (
    FILE_NAME,
    check_writing,
    create_database,
    schema_version,
    upgrade,
)
from listenlink.store.database.sqlite_database import SqliteDatabase


class DatabaseLocation(NamedTuple):
    """The instance's folder, and the URL of its database if that isn't in the folder. `name` is what the
    operator calls that database: its URL may contain a password.

    What can't be done raises RefusesToStart, in one line that says what is wrong and with what.
    """

    folder: Path
    url: str | None = None
    name: str = "the database of LISTENLINK_DATABASE_URL"

    @property
    def path(self) -> Path:
        """The path of the embedded database's file."""
        return self.folder / FILE_NAME

    def __str__(self) -> str:
        """The location as shown to the operator."""
        return str(self.folder) if self.url is None else self.name

    @contextlib.contextmanager
    def telling(self) -> Iterator[None]:
        """Turn whatever is wrong with the database, within the block, into RefusesToStart."""
        try:
            yield
        except (Problem, OSError, sqlite3.Error, SQLAlchemyError, Unusable) as error:
            fault = find_fault(error) or "it doesn't answer"
            place = str(self.path) if self.url is None else f"{self.name} can't be used"
            raise RefusesToStart(f"{place}: {fault}") from error

    def open(self, *, serves: bool = False) -> Database:
        """Open the database, whatever state its tables are in. `serves` lets other nodes see this one."""
        if self.url is None:
            return SqliteDatabase(self.path)
        # Imported here, so that the embedded database needn't wait for this to load.
        from listenlink.store.database.postgres_database import PostgresDatabase

        return PostgresDatabase(self.url, serves=serves)

    def is_served(self) -> bool:
        """Whether a node is serving on this PostgreSQL now."""
        if self.url is None:
            return False
        with self.telling(), contextlib.closing(self.open()) as database:
            return database.read_now(find_node)

    def find_version(self) -> str | None:
        """Return the migration its tables are at, None if there is no database or it has no tables."""
        with self.telling():
            if self.url is None:
                if not self.path.exists() and not self.path.is_symlink():
                    return None
                check_file(self.path)
                return schema_version(self.path)
            with contextlib.closing(self.open()) as database:
                return database.read_now(migrate.find_version)

    def is_there(self) -> bool:
        """Whether the tables of an instance are here, of this release or of an older one."""
        version = self.find_version()
        if version is None:
            if self.url is None and self.path.exists():
                raise RefusesToStart(f"{self.path}: it's a database, but not an instance's")
            return False
        if version > SCHEMA_VERSION:
            raise RefusesToStart(
                f"{self}: the tables are of a newer release ({version}; this one knows {SCHEMA_VERSION}); "
                "install that one, or restore a backup"
            )
        return True

    def is_current(self) -> bool:
        """Whether its tables are those of this release."""
        return self.find_version() == SCHEMA_VERSION

    def check_writing(self) -> None:
        """Return if the embedded database can be written now. PostgreSQL's nodes check that by themselves."""
        if self.url is None:
            with self.telling():
                check_writing(self.path)

    def create(self) -> None:
        """Create the tables where there are none."""
        if self.url is None:
            create_database(self.path)
        else:
            self.upgrade()

    def upgrade(self) -> None:
        """Bring the tables up to the newest migration; does nothing if they already are."""
        with self.telling():
            if self.url is None:
                upgrade(self.path)
                return
            with contextlib.closing(self.open()) as database:
                database.write_now(migrate.migrate)
