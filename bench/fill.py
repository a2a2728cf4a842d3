"""Large numbers of tracks, links and audit lines, put straight into a database by a few statements: copies of
rows that Listenlink made itself, on SQLite and PostgreSQL alike.

Lines are of the sixty days before today, counted and indexed already, as housekeeping leaves them. A
twentieth of them are of one link, the others of a tenth of all links. All links are one person's, evenly
to all tracks.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

DAY_US = 86_400_000_000
DAYS = 60
_CLIENTS_A_DAY = 5000
_IDS = 2**48
_MIXING = 7919
ADDRESSES = 100_000
Run = Callable[[str], object]

_CLIENTS = """
INSERT INTO clients (id, day, pseudonym, prefix)
SELECT {first} + n.n, {day} + n.n / {a_day}, {digest16}, '198.18.0.0/24' FROM {numbers}
"""
_LINES = """
INSERT INTO audit (id, at, outcome, share_id, trace, client_id, agent)
SELECT {first} + n.n, {began} + n.n * {step}, 1,
    CASE WHEN n.n % 20 = 0 THEN {hot} ELSE {link} END, n.n,
    {client} + (n.n * {step}) / {a_day_us} * {a_day} + n.n % {a_day}, 1
FROM {numbers}
"""
_INDEX = """
INSERT INTO audit_by_share (share_id, audit_id, at)
SELECT share_id, id, at FROM audit WHERE id >= {first} ORDER BY share_id, id
"""
_SUMS = """
INSERT INTO open_days (share_id, day, opens, person_opens)
SELECT share_id, at / {a_day_us}, count(*), count(*) FROM audit WHERE id >= {first}
GROUP BY 1, 2 ORDER BY 1, 2
"""
_MARK = """
INSERT INTO audit_progress (name, audit_id) VALUES ('{name}', (SELECT max(id) FROM audit))
ON CONFLICT (name) DO UPDATE SET audit_id = excluded.audit_id
"""


@dataclass(frozen=True)
class Size:
    """How many there are to be. Of the links, `asked` have tokens that are known: `token`."""

    links: int
    lines: int
    tracks: int = 100

    @property
    def asked(self) -> int:
        """As many as there are addresses that ask, if there are more links than that."""
        return min(ADDRESSES, self.links // 2)

    @property
    def asleep(self) -> int:
        """The others, which nobody asks for."""
        return self.links - self.asked


@dataclass(frozen=True)
class Dialect:
    """What a database says in its own way: numbers from 0 as `n.n`, and made of them 32 bytes in ascending
    order, a token's digest and 16 bytes; and the columns of a table, and the names of its indexes with what
    makes them, but for those that are rules."""

    numbers: str
    digest: str
    token_digest: str
    digest16: str
    columns: Callable[[str], list[str]]
    indexes: Callable[[str], list[tuple[str, str]]]


class Filler:
    """Fills one database, by what runs a statement in it."""

    def __init__(self, run: Run, dialect: Dialect, originals: dict[str, int], now_us: int) -> None:
        self._run, self._dialect, self._originals, self._now_us = run, dialect, originals, now_us
        self.took: dict[str, float] = {}

    def fill(self, size: Size) -> None:
        """All of it; `took` says how many seconds each part took."""
        self._time("tracks", lambda: self._fill_library(size))
        # One after the other, whole, indexes are made in a fraction of the time.
        indexes = self._dialect.indexes("shares")
        for name, _ in indexes:
            self._run(f"DROP INDEX {name}")
        self._time("links", lambda: self._fill_links(size))
        self._time("indexes of links", lambda: [self._run(sql) for _, sql in indexes])
        if size.lines:
            self._time("lines", lambda: self._fill_lines(size))

    def _time(self, what: str, work: Callable[[], object]) -> None:
        began = time.monotonic()
        work()
        self.took[what] = time.monotonic() - began

    def _copies(self, table: str, many: int, new: dict[str, str]) -> None:
        columns = self._dialect.columns(table)
        chosen = ", ".join(new.get(name, f"t.{name}") for name in columns)
        self._run(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {chosen} "  # noqa: S608
            f"FROM {self._dialect.numbers.format(many=many)} CROSS JOIN {table} t "
            f"WHERE t.id = {self._originals[table]}"
        )

    def _fill_library(self, size: Size) -> None:
        track = track_number("n.n", size.tracks)
        made = f"{self._now_us} - {365 * DAY_US} + n.n * {365 * DAY_US // size.tracks}"
        new = {"id": track, "created_at": made}
        self._copies("tracks", size.tracks, new | {"title": "t.title || ' ' || n.n"})
        self._copies("library", size.tracks, new | {"track_id": track})

    def _fill_links(self, size: Size) -> None:
        leads = {"track_id": track_number(f"(n.n % {size.tracks})", size.tracks), "opens": "0"}
        asleep = {
            "id": link_number("n.n", size),
            "token_digest": self._dialect.digest.format(step=_IDS // size.asleep),
        }
        asked = {
            "id": f"8 + n.n * {_IDS // size.asked}",
            "token_digest": self._dialect.token_digest,
        }
        # In the order of their times links aren't in that of their numbers, which are drawn.
        for many, new in ((size.asleep, asleep), (size.asked, asked)):
            made = f"n.n * {_MIXING} % {many} * {365 * DAY_US // many}"
            made_at = f"{self._now_us} - {365 * DAY_US} + {made}"
            self._copies("shares", many, leads | new | {"created_at": made_at})

    def _fill_lines(self, size: Size) -> None:
        opened = max(1, size.asleep // 10 - 1)
        filled = {
            "first": 10_000, "client": 10_000, "began": (self._now_us // DAY_US - DAYS) * DAY_US,
            "step": DAYS * DAY_US // size.lines, "a_day_us": DAY_US, "a_day": _CLIENTS_A_DAY,
            "hot": link_number("0", size),
            "link": link_number(f"(1 + (n.n % {opened}) * 10)", size),
            "day": self._now_us // DAY_US - DAYS, "digest16": self._dialect.digest16,
        }  # fmt: skip
        clients = self._dialect.numbers.format(many=DAYS * _CLIENTS_A_DAY)
        lines = self._dialect.numbers.format(many=size.lines)
        self._run(_CLIENTS.format(**filled, numbers=clients))
        self._run(_LINES.format(**filled, numbers=lines))
        for sql in (_INDEX, _SUMS):
            self._run(sql.format(**filled))
        for name in ("added_up", "days_added_up", "told"):
            self._run(_MARK.format(name=name))


def link_number(which: str, size: Size) -> str:
    """SQL of the number of a link that nobody asks for, by its place among them."""
    return f"7 + {which} * {_IDS // size.asleep}"


def track_number(which: str, tracks: int) -> str:
    """SQL of the number of a track, by its place among those that were put in."""
    return f"1 + {which} * {_IDS // tracks}"


def token(number: int) -> str:
    """The token of a link that is asked for, by its place among them."""
    return "shr_" + hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()


def fill_sqlite(path: Path, size: Size, now_us: int) -> dict[str, float]:
    """Fill the embedded database; how many seconds each part took."""
    database = sqlite3.connect(path)
    database.execute("PRAGMA cache_size = -1000000")
    # Nobody else has it open, and what breaks off here is thrown away.
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA synchronous = OFF")
    database.create_function("bench_digest", 2, _digest)
    database.create_function("bench_token", 1, lambda n: hashlib.sha256(token(n).encode()).digest())
    dialect = Dialect(
        "(WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n + 1 < {many}) "
        "SELECT n FROM n) n",
        "bench_digest(n.n, {step})",
        "bench_token(n.n)",
        "randomblob(16)",
        lambda table: [row[1] for row in database.execute(f"PRAGMA table_info({table})")],
        lambda table: database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
            (table,),
        ).fetchall(),
    )

    def run(sql: str) -> None:
        with database:
            database.execute(sql)

    def ask(sql: str) -> int:
        return int(database.execute(sql).fetchone()[0])

    filler = Filler(run, dialect, find_originals(ask), now_us)
    filler.fill(size)
    database.execute("PRAGMA journal_mode = WAL")
    database.close()
    return filler.took


def fill_postgres(run: Callable[[str], str], size: Size, now_us: int) -> dict[str, float]:
    """Fill a PostgreSQL database, whose days have their tables already."""
    low = "md5(n.n::text) || substr(md5(n.n::text), 1, 20)"
    dialect = Dialect(
        "(SELECT generate_series(0::bigint, {many} - 1) n) n",
        f"decode(lpad(to_hex(n.n * {{step}}), 12, '0') || {low}, 'hex')",
        "sha256(convert_to('shr_' || md5(n.n::text), 'UTF8'))",
        "decode(md5(n.n::text), 'hex')",
        lambda table: run(
            "SELECT column_name FROM information_schema.columns "  # noqa: S608
            f"WHERE table_name = '{table}' ORDER BY ordinal_position"
        ).split(),
        lambda table: [
            (line.split()[2], line)
            for line in run(
                "SELECT indexdef FROM pg_indexes "  # noqa: S608
                f"WHERE tablename = '{table}' AND indexdef NOT LIKE '%UNIQUE%'"
            ).splitlines()
        ],
    )

    def run_unchecked(sql: str) -> None:
        run("SET session_replication_role = replica; SET work_mem = '1GB';" + sql)

    filler = Filler(run_unchecked, dialect, find_originals(lambda sql: int(run(sql))), now_us)
    filler.fill(size)
    for sequence in ("audit_id_seq", "clients_id_seq"):
        table = sequence.removesuffix("_id_seq")
        run(f"SELECT setval('{sequence}', (SELECT max(id) FROM {table}))")  # noqa: S608
    run("ANALYZE")
    run("CHECKPOINT")
    return filler.took


def find_originals(ask: Callable[[str], int]) -> dict[str, int]:
    """The numbers of the rows to be copied: a link that opens without a limit, its track, and its place in
    the library."""
    fits = "track_id IS NOT NULL AND revoked_at IS NULL AND max_opens IS NULL"
    link = ask(f"SELECT min(id) FROM shares WHERE {fits}")  # noqa: S608
    track = ask(f"SELECT track_id FROM shares WHERE id = {link}")  # noqa: S608
    edge = ask(f"SELECT min(id) FROM library WHERE track_id = {track}")  # noqa: S608
    return {"shares": link, "tracks": track, "library": edge}


def _digest(number: int, step: int) -> bytes:
    return (number * step).to_bytes(6, "big") + os.urandom(26)
