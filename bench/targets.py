"""What the figures are meant to be: each a bound, and whether this run kept to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from load import Row

Rows = Mapping[str, Row]
# Figures that are measured by themselves and aren't a row of the table.
IN_PROCESS, AT_REST, UNDER_LOAD, START = "in process", "at rest", "under load", "start"


class Verdict(NamedTuple):
    """A line of the table of targets, as it's printed."""

    words: str
    bound: str
    measured: str
    verdict: str


def judge(words: str, bound: float, found: float, *, is_at_least: bool = False) -> Verdict:
    """A figure beside its bound."""
    is_met = found >= bound if is_at_least else found <= bound
    sign = "≥" if is_at_least else "≤"
    return Verdict(words, f"{sign} {bound:.3g}", f"{found:.3g}", "pass" if is_met else "FAIL")


@dataclass(frozen=True)
class Target:
    """A figure of these rows, or the single one of this name, that is meant to be at least, or at most, so
    much."""

    words: str
    bound: float
    rows: tuple[str, ...] = ()
    figure: Callable[[Rows], float] = lambda _rows: 0.0
    is_at_least: bool = False
    single: str = ""

    def verdict(self, rows: Rows, singles: Mapping[str, float]) -> Verdict:
        """The figure, and pass or fail; or why there is none."""
        for key in self.rows:
            if trouble := rows[key].trouble if key in rows else "not measured":
                return self._without(trouble)
        if not self.single:
            return self._judge(self.figure(rows))
        # Zero is what couldn't be read.
        found = singles.get(self.single, 0.0)
        return self._judge(found) if found else self._without("not measured")

    def _judge(self, found: float) -> Verdict:
        return judge(self.words, self.bound, found, is_at_least=self.is_at_least)

    def _without(self, why: str) -> Verdict:
        sign = "≥" if self.is_at_least else "≤"
        return Verdict(self.words, f"{sign} {self.bound:.3g}", "–", why)


def _ratio(name: str, one: str, other: str) -> Callable[[Rows], float]:
    return lambda rows: rows[one].median(name) / max(1e-9, rows[other].median(name))


def _rate(words: str, bound: float, one: str, other: str) -> Target:
    return Target(words, bound, (one, other), _ratio("requests_per_second", one, other), True)


def _bytes(words: str, bound: float, one: str, other: str) -> Target:
    return Target(words, bound, (one, other), _ratio("bytes_per_second", one, other), True)


def _cost(words: str, bound: float, one: str, other: str) -> Target:
    return Target(words, bound, (one, other), _ratio("cpu_us", one, other))


def _of_row(words: str, bound: float, key: str, name: str, scale: float = 1.0) -> Target:
    return Target(words, bound, (key,), lambda rows: rows[key].median(name) * scale)


TARGETS = (
    _rate("resolve, of static bytes from the same server", 0.5, "resolve64", "static"),
    _of_row("resolve at 64 connections, p99 in ms", 8, "resolve64", "p99_ms"),
    Target("opens added up, of those that come in meanwhile", 0.95, ("resolve64",),
           lambda rows: rows["resolve64"].median("kept_pace"), is_at_least=True),
    _rate("resolve, of copyparty's listing of a share", 10, "resolve64", "copyparty"),
    _rate("resolve, of Directus's opening of a share", 130, "resolve64", "directus"),
    _rate("resolve, of the textbook implementation", 10, "resolve64", "textbook"),
    Target("an open in process, CPU in µs", 27, single=IN_PROCESS),
    _cost("CPU at 10⁵ links, of that at 10³", 1.15, "links100000", "resolve64"),
    _cost("CPU at 10⁶ links, of that at 10³", 1.15, "links1000000", "resolve64"),
    _cost("CPU at 10⁷ links, of that at 10³", 1.2, "links10000000", "resolve64"),
    _cost("CPU of a 429, of a resolve", 0.6, "limited", "resolve64"),
    _cost("CPU of a link with max_opens, of one without", 1.15, "counted", "resolve64"),
    _of_row("CPU of a collection of 500, in ms", 1, "collection500", "cpu_us", 1e-3),
    _rate("ranges of 64 KiB, of nginx secure_link", 0.6, "64 KiB ours", "64 KiB nginx"),
    _rate("ranges of 64 KiB, of Starlette's FileResponse", 10, "64 KiB ours", "64 KiB file_response"),
    _bytes("whole files of 5 MB, of nginx with the same send buffer", 0.5, "5 MB ours", "5 MB same"),
    _bytes("whole files of 200 MB, of the same", 0.5, "200 MB ours", "200 MB same"),
    _cost("CPU of two nodes, of one", 1.1, "node2", "node1"),
    _rate("resolve on PostgreSQL, of that on SQLite", 0.8, "postgres", "resolve64"),
    Target("memory at rest, in MiB", 120, single=AT_REST),
    Target("memory under load, in MiB", 200, single=UNDER_LOAD),
    Target("from `listenlink serve` to the first answer, in s", 0.7, single=START),
)  # fmt: skip
