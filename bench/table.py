"""The table of medians, the targets beside it, and RESULTS.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from load import Row

_HEAD = ("row", "conn", "requests/s", "MB/s", "p50 ms", "p99 ms", "CPU µs", "RSS MiB", "ratio")
_MOST_OTHERS_SHARE = 0.05
Rows = dict[str, Row]


@dataclass(frozen=True)
class Facts:
    """What isn't a row: measured once or a few times."""

    command: str
    rounds: int
    seconds: float
    took_minutes: float
    others_share: float
    versions: dict[str, str]
    figures: dict[str, str]
    absent: dict[str, str]


@dataclass(frozen=True)
class Target:
    """A figure that is meant to be at least, or at most, so much."""

    words: str
    bound: float
    rows: tuple[str, ...]
    figure: Callable[[Rows], float]
    is_at_least: bool = True

    def verdict(self, rows: Rows) -> tuple[str, str]:
        """The figure, and pass or fail; or that it wasn't measured."""
        if any(key not in rows or not rows[key].samples for key in self.rows):
            return "–", "not measured"
        if not all(rows[key].is_sound for key in self.rows):
            return "–", "other answers than asked for"
        found = self.figure(rows)
        is_met = found >= self.bound if self.is_at_least else found <= self.bound
        return f"{found:.2f}", "pass" if is_met else "FAIL"


def _ratio(name: str, one: str, other: str) -> Callable[[Rows], float]:
    return lambda rows: rows[one].median(name) / max(1e-9, rows[other].median(name))


def _rate(words: str, bound: float, one: str, other: str) -> Target:
    return Target(words, bound, (one, other), _ratio("requests_per_second", one, other))


def _bytes(words: str, bound: float, one: str, other: str) -> Target:
    return Target(words, bound, (one, other), _ratio("bytes_per_second", one, other))


def _cost(words: str, bound: float, one: str, other: str) -> Target:
    return Target(words, bound, (one, other), _ratio("cpu_us", one, other), is_at_least=False)


TARGETS = (
    _rate("resolve, of static bytes from the same server", 0.45, "resolve64", "static"),
    Target("resolve at 64 connections, p99 in ms", 10, ("resolve64",),
           lambda rows: rows["resolve64"].median("p99_ms"), is_at_least=False),
    _rate("resolve, of copyparty's listing of a share", 8, "resolve64", "copyparty"),
    _rate("resolve, of Directus's opening of a share", 100, "resolve64", "directus"),
    _rate("resolve, of the textbook implementation", 8, "resolve64", "textbook"),
    _cost("CPU of a 429, of a resolve", 1 / 3, "limited", "resolve64"),
    Target("CPU of a collection of 500, in ms", 3, ("collection500",),
           lambda rows: rows["collection500"].median("cpu_us") / 1e3, is_at_least=False),
    _rate("resolve on PostgreSQL, of that on SQLite", 0.7, "postgres", "resolve64"),
    _rate("resolve by two nodes, of one, where cores allow", 1.3, "node2", "node1"),
    _cost("CPU of two nodes, of one, where they don't", 1.1, "node2", "node1"),
    _rate("ranges of 64 KiB, of nginx secure_link", 0.6, "64 KiB ours", "64 KiB nginx"),
    _rate("ranges of 64 KiB, of Starlette's FileResponse", 10, "64 KiB ours", "64 KiB file_response"),
    _bytes("whole files of 5 MB, of nginx", 0.9, "5 MB ours", "5 MB nginx"),
    _bytes("whole files of 200 MB, of nginx", 0.9, "200 MB ours", "200 MB nginx"),
    _cost("CPU at 10⁵ links, of that at 10³", 1.2, "links100000", "resolve64"),
    _cost("CPU at 10⁶ links, of that at 10³", 1.2, "links1000000", "resolve64"),
    _cost("CPU at 10⁷ links, of that at 10³", 1.2, "links10000000", "resolve64"),
)  # fmt: skip


def _cells(row: Row, rows: Rows) -> tuple[str, ...]:
    if not row.is_sound:
        share = max((sample.other for sample in row.samples), default=1.0)
        return (row.label, str(row.connections), f"{share:.0%} other answers", *[""] * 6)
    name = "bytes_per_second" if row.is_media else "requests_per_second"
    compared = rows.get(row.compare_to or "")
    ratio = ""
    if compared is not None and compared is not row and compared.is_sound:
        ratio = f"{row.median(name) / compared.median(name):.3g}"
    return (
        row.label,
        str(row.connections),
        f"{row.median('requests_per_second'):,.0f}",
        f"{row.median('bytes_per_second') / 1e6:,.0f}" if row.is_media else "",
        f"{row.median('p50_ms'):.2f}",
        f"{row.median('p99_ms'):.2f}",
        f"{row.median('cpu_us'):,.0f}",
        f"{row.median('rss_mib'):.0f}",
        ratio,
    )


def _lines(head: tuple[str, ...], body: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(line[at]) for line in [head, *body]) for at in range(len(head))]

    def line(cells: tuple[str, ...]) -> str:
        first, rest = cells[0].ljust(widths[0]), zip(cells[1:], widths[1:], strict=True)
        return "| " + " | ".join([first, *(cell.rjust(width) for cell, width in rest)]) + " |"

    rule = "|" + "|".join("-" * (w + 1) + (":" if at else "-") for at, w in enumerate(widths)) + "|"
    return [line(head), rule, *map(line, body)]


def render(rows: Rows, facts: Facts) -> str:
    """The table, the targets, and the single figures, as Markdown that reads in a terminal too."""
    body = [_cells(row, rows) for row in rows.values()]
    absent = [(label, "", why, *[""] * 6) for label, why in facts.absent.items()]
    verdicts = [
        (
            target.words,
            f"{'≥' if target.is_at_least else '≤'} {target.bound:.3g}",
            *target.verdict(rows),
        )
        for target in TARGETS
    ]
    single = [f"- {name}: {figure}" for name, figure in facts.figures.items()]
    return "\n".join(
        [
            *_lines(_HEAD, body + absent),
            "",
            "`ratio` is to Listenlink: to its resolve of a track at 64 connections, for audio to its own",
            "row of the same size. CPU is of the server's processes, user and system, by request.",
            "",
            *_lines(("target", "bound", "measured", ""), verdicts),
            "",
            *single,
            "",
            _quietness(facts),
        ]
    )


def write_results(path: Path, table: str, facts: Facts) -> None:
    """RESULTS.md: what was run, where, and what came out."""
    versions = " · ".join(f"{name} {version}" for name, version in facts.versions.items())
    text = f"""# Results

Written by `{facts.command}` on {datetime.now(UTC):%Y-%m-%d}. Medians of {facts.rounds} interleaved
rounds of {facts.seconds:g} s, {facts.took_minutes:.1f} minutes in all.

Machine: {os.cpu_count()} cores, {_memory_gib():.0f} GiB of memory, {platform.system()} {platform.machine()}.
The load generator and every server share it, so read the figures as ratios.

{versions}

{table}
"""
    path.write_text(text)


def _quietness(facts: Facts) -> str:
    told = f"Other programs used {facts.others_share:.0%} of the processors during the rounds"
    if facts.others_share < _MOST_OTHERS_SHARE:
        return told + "."
    return told + ":\n**the machine wasn't quiet, so these figures are worth little.**"


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
