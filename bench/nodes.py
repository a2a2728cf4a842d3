"""Listenlink on PostgreSQL, one node and two: servers of the benchmark, with what they stand on.

PostgreSQL is that of the tests, and syncs every commit to the disk, as the embedded database does.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
import threading
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import psutil

from library import Library, listenlink, run_listenlink
from serve import Served
from steady import COUNT, Waiting

sys.path.append(str(Path(__file__).parent.parent / "tests"))
import servers

_VACUUMED = """
SELECT to_char(sum(took) / 1000, 'FM999990.0') || ' s in ' || sum(times) || ' rounds, '
    || string_agg(name || ' ' || to_char(took / 1000, 'FM999990.0'), ', ' ORDER BY took DESC)
FROM (SELECT regexp_replace(relname, '_(\\d+|rest)$', '') AS name,
        sum(total_autovacuum_time + total_vacuum_time + total_autoanalyze_time) AS took,
        sum(autovacuum_count + vacuum_count) AS times
    FROM pg_stat_user_tables GROUP BY 1 HAVING sum(total_autovacuum_time + total_autoanalyze_time) > 0) each
"""
_NO_LIMIT = {"LISTENLINK_RESOLVE_LIMIT_PER_MINUTE": "0"}


@dataclass
class Nodes:
    """Nodes that are asked at the same time, and their PostgreSQL. To a row it's one server."""

    nodes: list[Served]
    postgres: servers.Program

    @property
    def urls(self) -> list[str]:
        """Where each answers."""
        return [node.url for node in self.nodes]

    def cpu_seconds(self) -> float:
        """Processor time used so far, PostgreSQL's included."""
        return sum(node.cpu_seconds() for node in self.nodes) + tree_cpu_seconds(self.postgres)

    def threads_cpu_seconds(self, names: Collection[str]) -> float:
        """That of the nodes' threads of these names: PostgreSQL's part isn't in it."""
        return sum(node.threads_cpu_seconds(names) for node in self.nodes)

    def pss_mib(self) -> float:
        """Memory of the nodes alone, PostgreSQL's isn't in it."""
        return sum(node.pss_mib() for node in self.nodes)


class PostgresLines:
    """The audit in a PostgreSQL database (`steady.py`)."""

    def __init__(self, url: str) -> None:
        # One connection and one thread for it: a program for each statement would be felt beside a load.
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._connection = self._await(asyncpg.connect(url))
        self._one_at_a_time = threading.Lock()

    def look(self) -> Waiting:
        """How far it is."""
        with self._one_at_a_time:
            return Waiting(*self._await(self._connection.fetchrow(COUNT)))

    def run(self, sql: str) -> None:
        """Run one statement that writes."""
        with self._one_at_a_time:
            self._await(self._connection.execute(sql))

    def _await(self, asked: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(asked, self._loop).result()


def tree_cpu_seconds(program: servers.Program) -> float:
    """Processor time of a server's processes, and of those that have ended, as PostgreSQL's for vacuum."""
    assert program.process is not None  # noqa: S101
    parent = psutil.Process(program.process.pid)
    ended, total = parent.cpu_times(), 0.0
    for process in [parent, *parent.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total + ended.children_user + ended.children_system


def vacuum_seconds(postgres: servers.Program, url: str) -> str:
    """How long PostgreSQL has cleaned up after all that was written, in seconds, by table."""
    told = servers.run_sql(postgres, url.rpartition("/")[2], _VACUUMED).strip()
    return told or "0 s"


class Moved(NamedTuple):
    """A PostgreSQL, and the URL of the database in it that has what the library has."""

    postgres: servers.Program
    url: str


def moved(library: Library) -> Moved:
    """Everything that is in the library, in a PostgreSQL of its own."""
    postgres = servers.new_postgres(durable=True)
    url = servers.new_database(postgres)
    # What was moved is marked as such, and not served any more: so it's a copy that is.
    copy = shutil.copytree(library.data, library.folder / url.rpartition("/")[2] / "moved")
    run_listenlink("move", "--from", f"sqlite:{copy}", "--to", url)
    return Moved(postgres, url)


def start(
    start_one: Callable[[Served], Served], library: Library, postgres: servers.Program, url: str
) -> list[tuple[str, str, Nodes]]:
    """The rows' keys, labels and nodes; the first is as by default, the others are without limits."""
    one, free, other = (
        start_one(node(library, url, name, settings))
        for name, settings in (("one", {}), ("free", _NO_LIMIT), ("other", _NO_LIMIT))
    )
    return [
        ("postgres", "resolve a track, PostgreSQL", Nodes([one], postgres)),
        ("node1", "the same, without limits", Nodes([free], postgres)),
        ("node2", "the same, two nodes, 64 each", Nodes([free, other], postgres)),
    ]


def node(library: Library, url: str, name: str, settings: dict[str, str]) -> Served:
    """Not started; on a folder of its own with the library's keys and audio."""
    folder = library.folder / name
    for part in ("secrets", "objects"):
        # Whatever is being written has a dot in front.
        shutil.copytree(library.data / part, folder / part, ignore=shutil.ignore_patterns(".*"))
    made = listenlink(folder)
    made.settings |= {"LISTENLINK_DATABASE_URL": url} | settings
    return made


def version(postgres: servers.Program) -> str:
    """Of the server."""
    return servers.run_sql(postgres, "postgres", "SHOW server_version").split()[0]
