"""The table of medians, the targets beside it, and RESULTS.md."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from load import Row
from moments import MOST_OTHERS, MOST_STOLEN
from targets import TARGETS, Rows, Verdict

_HEAD = (
    "row", "conn", "requests/s", "MB/s", "p50 ms", "p99 ms", "CPU µs", "house µs", "pace", "PSS MiB", "ratio",
)  # fmt: skip
_LEGEND = """`ratio` is to Listenlink: to its resolve of a track at 64 connections, for audio to its own row
of the same size. CPU is of the server's processes, user and system, by request; PostgreSQL's are in it,
where there is one. Listenlink is in the steady state: 500,000 audit lines wait, and it adds opens up while
it's asked. What that and the rest of its housekeeping cost is in the CPU, and apart as `house` (of the
nodes' own threads alone); `pace` is how many opens were added up, of those that came in. PSS is the memory
of all the server's processes, by the sum of their proportional shares, PostgreSQL's not in it."""


@dataclass(frozen=True)
class Facts:
    """What isn't a row: measured once or a few times. `singles` are judged, `figures` are only told, and
    `verdicts` were judged where they were measured."""

    command: str
    rounds: int
    seconds: float
    took_minutes: float
    versions: dict[str, str]
    singles: Mapping[str, float]
    figures: dict[str, str]
    absent: dict[str, str]
    verdicts: list[Verdict] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)


def _cells(row: Row, rows: Rows) -> tuple[str, ...]:
    if row.trouble:
        return (row.label, str(row.connections), row.trouble, *[""] * 8)
    name = "bytes_per_second" if row.body_bytes else "requests_per_second"
    compared = rows.get(row.compare_to or "")
    ratio = ""
    if compared is not None and compared is not row and not compared.trouble:
        ratio = f"{row.median(name) / compared.median(name):.3g}"
    is_steady = row.steady is not None
    return (
        row.label,
        str(row.connections),
        f"{row.median('requests_per_second'):,.0f}",
        f"{row.median('bytes_per_second') / 1e6:,.0f}" if row.body_bytes else "",
        f"{row.median('p50_ms'):.2f}",
        f"{row.median('p99_ms'):.2f}",
        f"{row.median('cpu_us'):,.0f}",
        f"{row.median('house_us'):,.0f}" if is_steady else "",
        f"{row.median('kept_pace'):.2f}" if is_steady else "",
        f"{row.median('pss_mib'):.0f}",
        ratio,
    )


def lines_of(head: tuple[str, ...], body: Sequence[tuple[str, ...]]) -> list[str]:
    """A table, as Markdown that reads in a terminal too."""
    widths = [max(len(line[at]) for line in [head, *body]) for at in range(len(head))]

    def line(cells: tuple[str, ...]) -> str:
        first, rest = cells[0].ljust(widths[0]), zip(cells[1:], widths[1:], strict=True)
        return "| " + " | ".join([first, *(cell.rjust(width) for cell, width in rest)]) + " |"

    rule = "|" + "|".join("-" * (w + 1) + (":" if at else "-") for at, w in enumerate(widths)) + "|"
    return [line(head), rule, *map(line, body)]


def render(rows: Rows, facts: Facts) -> str:
    """The table, the targets, and the single figures."""
    body = [_cells(row, rows) for row in rows.values()]
    absent = [(label, "", why, *[""] * 8) for label, why in facts.absent.items()]
    verdicts = [target.verdict(rows, facts.singles) for target in TARGETS] + facts.verdicts
    single = [f"- {name}: {figure}" for name, figure in facts.figures.items()]
    targets = lines_of(("target", "bound", "measured", ""), [tuple(one) for one in verdicts])
    parts = [
        "\n".join(lines_of(_HEAD, body + absent)),
        _LEGEND,
        *facts.tables,
        "\n".join(targets),
        "\n".join(single),
        _quietness(rows),
    ]
    return "\n\n".join(parts)


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


def _quietness(rows: Rows) -> str:
    """How quiet the machine was in what is told, and what was left out because it wasn't."""
    quiet = [sample.quiet for row in rows.values() for sample in row.samples]
    void = [why for row in rows.values() for why in row.void]
    told = (
        f"A sample is void if the machine slept in it, if its host took more than {MOST_STOLEN:.0%} of the\n"
        f"processors, or if others used more than {MOST_OTHERS:.0%}. Of {len(quiet) + len(void)} samples "
        f"{len(void)} were."
    )
    if quiet:
        others, stolen = max(one.others for one in quiet), max(one.stolen for one in quiet)
        told += f"\nOf those that count, others used at most {others:.0%}, and the host took {stolen:.0%}."
    kinds = Counter(" ".join(why.split()[:2]) for why in void)
    return told + "".join(f"\n- {many} × {why} …" for why, many in kinds.most_common())


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
