"""Listenlink on PostgreSQL, one node and two: servers of the benchmark, with what they stand on.

PostgreSQL is that of the tests, and syncs every commit to the disk, as the embedded database does.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from library import Library, listenlink, run_listenlink
from serve import Served

sys.path.append(str(Path(__file__).parent.parent / "tests"))
import servers

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
        return sum(node.cpu_seconds() for node in self.nodes) + _tree_cpu_seconds(self.postgres)

    def rss_mib(self) -> float:
        """Resident memory of the nodes alone: PostgreSQL's processes share most of theirs."""
        return sum(node.rss_mib() for node in self.nodes)


def _tree_cpu_seconds(program: servers.Program) -> float:
    assert program.process is not None  # noqa: S101
    parent = psutil.Process(program.process.pid)
    times = [process.cpu_times() for process in [parent, *parent.children(recursive=True)]]
    return sum(each.user + each.system for each in times)


def moved(library: Library) -> tuple[servers.Program, str]:
    """A PostgreSQL with everything that is in the library; its URL."""
    postgres = servers.new_postgres(durable=True)
    url = servers.new_database(postgres)
    run_listenlink("move", "--from", f"sqlite:{library.data}", "--to", url)
    return postgres, url


def start(
    start_one: Callable[[Served], Served], library: Library, postgres: servers.Program, url: str
) -> list[tuple[str, str, Nodes]]:
    """The rows' keys, labels and nodes; the first is as by default, the others are without limits."""
    one, free, other = (
        start_one(_node(library, url, name, settings))
        for name, settings in (("one", {}), ("free", _NO_LIMIT), ("other", _NO_LIMIT))
    )
    return [
        ("postgres", "resolve a track, PostgreSQL", Nodes([one], postgres)),
        ("node1", "the same, without limits", Nodes([free], postgres)),
        ("node2", "the same, two nodes, 64 each", Nodes([free, other], postgres)),
    ]


def _node(library: Library, url: str, name: str, settings: dict[str, str]) -> Served:
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
