"""A filled database with a server on it: the embedded one, or PostgreSQL."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import servers
from listenlink.store.audit import day_tables
from listenlink.store.database.location import DatabaseLocation

import nodes
from fill import DAY_US, DAYS, Size, fill_postgres, fill_sqlite
from library import Library, listenlink, run_listenlink
from serve import Measured, Served

_SIZES = """
SELECT m.tbl_name, sum(s.pageno) * (SELECT page_size FROM pragma_page_size)
FROM dbstat s JOIN sqlite_master m ON m.name = s.name
WHERE s.aggregate = TRUE GROUP BY 1
"""
_POSTGRES_SIZES = """
SELECT regexp_replace(c.relname, '_(\\d+|rest)$', ''), sum(pg_total_relation_size(c.oid))
FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY 1
"""
_PARTS = {
    "a track": ("tracks", "library"),
    "a link": ("shares",),
    "an audit line": ("audit", "audit_by_share"),
    "a link's day": ("open_days",),
}


class Store(ABC):
    """What is measured at its size, and the server on it."""

    folder: Path
    server: Served
    name: str

    @property
    def measured(self) -> Measured:
        """The server, with all processes that an open costs something."""
        return self.server

    @abstractmethod
    def fill(self, size: Size) -> dict[str, float]:
        """Fill it; how many seconds each part took."""

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """How many bytes each table and its indexes take."""

    @abstractmethod
    def back_up(self) -> float:
        """How many seconds a backup of the database takes, beside the server."""

    @property
    @abstractmethod
    def location(self) -> DatabaseLocation:
        """Where the database is."""

    def bytes_of(self, what: str, size: Size) -> float:
        """What one of these takes, with its indexes."""
        sizes = self.sizes()
        many = {"a track": size.tracks, "a link": size.links}.get(what, size.lines)
        if what == "a link's day":
            many = self.count_days()
        return sum(sizes.get(table, 0) for table in _PARTS[what]) / max(1, many)

    @abstractmethod
    def count_days(self) -> int:
        """How many days of links have sums."""


class SqliteStore(Store):
    """The embedded database."""

    def __init__(self, library: Library, name: str) -> None:
        self.name, self.folder = name, library.folder / name
        shutil.copytree(library.data, self.folder)
        self._path = self.folder / "listenlink.db"
        self.server = listenlink(self.folder)

    def fill(self, size: Size) -> dict[str, float]:
        """As above."""
        return fill_sqlite(self._path, size, time.time_ns() // 1000)

    def sizes(self) -> dict[str, int]:
        """As above."""
        return {str(name): int(many) for name, many in self._ask(_SIZES)}

    def count_days(self) -> int:
        """As above."""
        return int(self._ask("SELECT count(*) FROM open_days")[0][0])

    def _ask(self, sql: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self._path)) as database:
            return database.execute(sql).fetchall()

    def back_up(self) -> float:
        """As above."""
        began, to = time.monotonic(), self.folder.with_name(self.name + "-backup")
        run_listenlink("backup", "--data", str(self.folder), "--to", str(to))
        took = time.monotonic() - began
        shutil.rmtree(to)
        return took

    @property
    def location(self) -> DatabaseLocation:
        """As above."""
        return DatabaseLocation(self.folder)


class PostgresStore(Store):
    """PostgreSQL."""

    def __init__(self, library: Library, moved: nodes.Moved, name: str) -> None:
        self._moved, self._database = moved, moved.url.rpartition("/")[2]
        self.name = name
        self.server = nodes.node(library, moved.url, name, {})
        self.folder = library.folder / name
        for setting in ("max_wal_size = '8GB'", "maintenance_work_mem = '512MB'"):
            servers.run_sql(moved.postgres, "postgres", f"ALTER SYSTEM SET {setting}")
        servers.run_sql(moved.postgres, "postgres", "SELECT pg_reload_conf()")

    @property
    def measured(self) -> Measured:
        """The node and PostgreSQL."""
        return nodes.Nodes([self.server], self._moved.postgres)

    def fill(self, size: Size) -> dict[str, float]:
        """As above."""
        now_us = time.time_ns() // 1000
        today, database = now_us // DAY_US, self.location.open()
        database.write_now(lambda c: day_tables.make(c, range(today - DAYS, today + 1)))
        database.close()
        return fill_postgres(self._run, size, now_us)

    def _run(self, sql: str) -> str:
        return servers.run_sql(self._moved.postgres, self._database, sql).strip()

    def sizes(self) -> dict[str, int]:
        """As above."""
        rows = (line.split("|") for line in self._run(_POSTGRES_SIZES).splitlines())
        return {name: int(many) for name, many in rows}

    def count_days(self) -> int:
        """As above."""
        return int(self._run("SELECT count(*) FROM open_days"))

    def back_up(self) -> float:
        """As above."""
        began = time.monotonic()
        dump = [str(servers.postgres_program("pg_dump")), "--format=custom", "-d", self._moved.url]
        with Path(os.devnull).open("wb") as nowhere:
            subprocess.run(dump, stdout=nowhere, check=True)
        return time.monotonic() - began

    @property
    def location(self) -> DatabaseLocation:
        """As above."""
        return DatabaseLocation(self.folder, self._moved.url)
