"""Very many links and audit lines in one database: what its owner's pages take, how a month of the audit is
deleted, how large it is, and how long a backup takes.

python bench/many.py [--links 10000000] [--lines 10000000] [--postgres] [--in FOLDER]
prints it alone, at any size; the long run of the benchmark has it beside its other figures.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from listenlink.actions.delete_old_lines import Deleted, delete_old_lines
from listenlink.errors import Problem

import nodes
from asked import pages, sign_in
from fill import ADDRESSES, DAY_US, Size, link_number, track_number
from library import Library
from load import Row
from serve import Served
from stores import PostgresStore, SqliteStore, Store
from table import lines_of
from targets import Verdict, judge

_MOST_SECONDS = 1.0
_TRACKS = 100_000
_LOAD_SECONDS, _KEPT_DAYS, _CONNECTIONS = 5, 30, 16


@dataclass
class Many:
    """What came out: a table of figures, and those that have a bound."""

    title: str
    figures: list[tuple[str, str]] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)

    def tell(self, what: str, figure: str) -> None:
        """Note a figure."""
        print(f"bench: {self.title}: {what}: {figure}", flush=True)
        self.figures.append((what, figure))

    @property
    def table(self) -> str:
        """As it's printed."""
        return "\n".join(lines_of((self.title, ""), self.figures))


def measure_many(library: Library, size: Size, moved: nodes.Moved | None) -> Many:
    """All of it, on the embedded database or on this PostgreSQL."""
    kind = "SQLite" if moved is None else "PostgreSQL"
    many, name = (
        Many(f"{size.links:,} links and {size.lines:,} audit lines on {kind}"),
        f"many-{kind}",
    )
    store = SqliteStore(library, name) if moved is None else PostgresStore(library, moved, name)
    library.write_paths(name, size)
    for what, seconds in store.fill(size).items():
        many.tell(f"put in, {what}", f"{seconds:.0f} s")
    for what in ("a link", "an audit line", "a link's day"):
        many.tell(
            f"on the disk, {what} with its indexes", f"{store.bytes_of(what, size):.0f} bytes"
        )
    many.tell("on the disk, all tables", f"{sum(store.sizes().values()) / 1e9:.2f} GB")
    with _served(store.server):
        _ask(many, library, store, size)
        many.tell("a backup of the database", f"{store.back_up():.0f} s")
        _delete(many, library, store)
    return many


def measure_both(library: Library) -> Iterator[Many]:
    """Ten million of each, on SQLite and on a PostgreSQL of their own."""
    for in_postgres in (False, True):
        moved = nodes.moved(library) if in_postgres else None
        yield measure_many(library, Size(10**7, 10**7, _TRACKS), moved)
        if moved is not None:
            moved.postgres.kill()


@contextlib.contextmanager
def _served(server: Served) -> Iterator[None]:
    server.ready_seconds = 600
    server.start()
    try:
        yield
    finally:
        server.stop()


def _ask(many: Many, library: Library, store: Store, size: Size) -> None:
    """Every page, with the bound that each has to keep."""
    person = sign_in(store.server, store.folder, library)
    link, track = eval_number(link_number("0", size)), eval_number(track_number("5", size.tracks))
    for page in pages(f"mslink_{link:012x}", f"mtrack_{track:012x}"):
        seconds = person.seconds(page)
        told = "no answer in time" if seconds is None else f"{seconds * 1000:.0f} ms"
        many.tell(page.words, told)
        words = f"{many.title}: {page.words}, in s"
        many.verdicts.append(
            judge(words, _MOST_SECONDS, float("inf") if seconds is None else seconds)
        )


def eval_number(sql: str) -> int:
    """The number that such SQL of constants comes to: sums of products."""
    return sum(_product(part) for part in sql.split("+"))


def _product(part: str) -> int:
    product = 1
    for factor in part.split("*"):
        product *= int(factor)
    return product


class _Timed:
    """A database that notes how long each step holds the lock that opens need, in seconds."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self.held: list[float] = []
        self.read = database.read

    async def write(self, work: Callable[..., Any], *, within_seconds: float) -> Any:
        """As the database's own."""

        def timed(connection: Any) -> Any:
            began = time.monotonic()
            try:
                return work(connection)
            finally:
                self.held.append(time.monotonic() - began)

        return await self._database.write(timed, within_seconds=within_seconds)


def _delete(many: Many, library: Library, store: Store) -> None:
    """The older half of the lines, by a second process as another node would do it, under load."""
    row = Row(
        "many", "", store.measured, "clients.lua",
        lambda: [str(library.paths(store.name)), str(ADDRESSES)], connections=_CONNECTIONS,
    )  # fmt: skip
    row.warm_up(_LOAD_SECONDS)
    before = [row.load(_LOAD_SECONDS)["p99_us"] / 1e3 for _ in range(3)]
    meanwhile, over = list[float](), threading.Event()

    def keep_asking() -> None:
        while not over.is_set():
            meanwhile.append(row.load(_LOAD_SECONDS)["p99_us"] / 1e3)

    asking = threading.Thread(target=keep_asking)
    database = store.location.open()
    timed, began = _Timed(database), time.monotonic()
    asking.start()
    try:
        deleted = asyncio.run(_delete_month(timed))
    finally:
        over.set()
        asking.join()
        database.close()
    took = time.monotonic() - began
    many.tell("a month's lines deleted under load", f"{deleted.lines:,} in {took:.0f} s")
    held = sorted(timed.held)
    told = f"{held[len(held) // 2] * 1e3:.1f} ms, the longest {held[-1] * 1e3:.0f} ms"
    many.tell(f"one of the {len(held):,} steps of that", told)
    many.tell("opens before, 16 at a time, p99", f"{sorted(before)[1]:.1f} ms")
    told = f"{sorted(meanwhile)[len(meanwhile) // 2]:.1f} ms, the longest {max(meanwhile):.1f} ms"
    many.tell(f"opens meanwhile, the p99 of each {_LOAD_SECONDS} s", told)


async def _delete_month(database: Any) -> Deleted:
    today = time.time_ns() // 1000 // DAY_US
    while True:
        with contextlib.suppress(Problem):
            return await delete_old_lines(database, today, _KEPT_DAYS)


def main() -> None:
    """Print the figures at the size that was asked for."""
    # The server that was started is stopped, whatever ends this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: stopped"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--links", type=int, default=10**7)
    parser.add_argument("--lines", type=int, default=10**7)
    parser.add_argument("--postgres", action="store_true", help="instead of SQLite")
    parser.add_argument("--in", dest="folder", help="where there is room; else a temporary folder")
    asked = parser.parse_args()
    size = Size(asked.links, asked.lines, min(_TRACKS, asked.links))
    with tempfile.TemporaryDirectory(prefix="listenlink-many-", dir=asked.folder) as folder:
        library = Library(Path(folder))
        library.make([])
        moved = nodes.moved(library) if asked.postgres else None
        try:
            print("\n" + measure_many(library, size, moved).table)
        finally:
            if moved is not None:
                moved.postgres.kill()


if __name__ == "__main__":
    main()
