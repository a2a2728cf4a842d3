"""What the tests run on, by LISTENLINK_TEST_ENGINES: the embedded database and a folder, or PostgreSQL,
Redis and S3."""

from __future__ import annotations

import atexit
import contextlib
import functools
import itertools
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

import servers
from copied_databases import copies_of
from listenlink.cli.audit import _line
from listenlink.store.audit.audit_log import read_audit
from listenlink.store.database import location
from listenlink.store.database.database import Database
from listenlink.store.database.location import DatabaseLocation
from listenlink.store.database.sqlite import FILE_NAME
from object_storage import shared_seaweedfs

SQLITE, POSTGRESQL = "sqlite", "postgresql"
ENGINE = os.environ.get("LISTENLINK_TEST_ENGINES", SQLITE)
_prefixes = itertools.count(1)
of_sqlite = pytest.mark.skipif(ENGINE != SQLITE, reason="of the embedded database")


# A bucket sends audio by itself: what it was given leave for, it sends to that leave's end.
SENDS_AUDIO = ENGINE == SQLITE
of_folder = pytest.mark.skipif(not SENDS_AUDIO, reason="of audio that this program itself sends")


def new_settings(engine: str = ENGINE) -> dict[str, str]:
    """The settings of a new instance. Its audio is in a bucket where the whole suite's is."""
    if engine == SQLITE:
        return {}
    settings = {"DATABASE_URL": servers.new_database(), "REDIS_URL": servers.new_redis_database()}
    if ENGINE != SQLITE:
        settings["STORAGE_URL"] = shared_seaweedfs().url(f"tests/{next(_prefixes)}")
    return settings


def new_backend(folder: Path, engine: str = ENGINE) -> DatabaseLocation:
    """An empty database with all tables."""
    if engine != SQLITE:
        return DatabaseLocation(folder, servers.new_database())
    backend = DatabaseLocation(folder)
    shutil.copy(_template(), backend.path)
    return backend


@functools.cache
def _template() -> Path:
    """A file with all tables, made by the migrations once a test process."""
    folder = Path(tempfile.mkdtemp(prefix="listenlink-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = DatabaseLocation(folder)
    made.create()
    return made.path


@contextlib.contextmanager
def copying_databases() -> Iterator[None]:
    """Inside, a new instance's database in a file is a copy of that, with a number of its own: the migrations
    take longer than most of what is tried in it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(location, "create_database", copies_of(_template().read_bytes()))
        yield


@functools.lru_cache(maxsize=2)
def _beside(backend: DatabaseLocation) -> Database:
    return backend.open()


def query(
    backend: DatabaseLocation, sql: str, parameters: tuple[Any, ...]
) -> list[tuple[Any, ...]]:
    """Read beside a server. SQL has `?` for each parameter."""
    if backend.url is None:
        with sqlite3.connect(backend.path, timeout=10) as connection:
            return connection.execute(sql, parameters).fetchall()
    return _beside(backend).read_now(
        lambda connection: [tuple(row) for row in _execute(connection, sql, parameters)]
    )


def read_lines(backend: DatabaseLocation) -> list[dict[str, Any]]:
    """All lines of the audit as the command prints them, without the command's time."""
    with contextlib.ExitStack() as ended:
        if backend.url is None:
            database: Any = ended.enter_context(contextlib.closing(backend.open()))
        else:
            database = _beside(backend)
        return [
            json.loads(json.dumps(_line(entry))) for entry in read_audit(database, None, 0, None)
        ]


def change(backend: DatabaseLocation, sql: str, parameters: tuple[Any, ...]) -> None:
    """Change something beside a server."""
    if backend.url is None:
        connection = sqlite3.connect(backend.path, timeout=10)
        with connection:
            connection.execute(sql, parameters)
        connection.close()
        return

    def run(connection: Connection) -> None:
        _execute(connection, sql, parameters)

    _beside(backend).write_now(run)


def _execute(connection: Connection, sql: str, parameters: tuple[Any, ...]) -> Any:
    first, *others = sql.split("?")
    named = "".join(f":p{place}{part}" for place, part in enumerate(others))
    values = {f"p{place}": value for place, value in enumerate(parameters)}
    return connection.execute(text(first + named), values)


def dump(backend: DatabaseLocation) -> bytes:
    """Everything the database holds, as whoever takes it away has it."""
    if backend.url is None:
        return b"".join(path.read_bytes() for path in backend.folder.glob(f"{FILE_NAME}*"))
    return servers.dump(backend.url)
