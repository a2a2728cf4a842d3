"""The table of checks, `checks.toml`: what each holds, within which bounds, and the commands that measure it.

A check's `figures` are bounds on what its tests tell: `answers missing from the audit = 0`, with `=`, `<=` or
`>=`. One that no test told isn't reached. `size` says how much was tried, with `{what}` for a figure and
`{tests}` for how many tests there were. `lacks` says what of the bound no test measures.
"""

from __future__ import annotations

import operator
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip
_BOUND = re.compile(r"^(?P<what>.+?) (?P<sign>=|<=|>=) (?P<number>[0-9.,e]+)$")
_NEEDED, _ALLOWED = {"id", "holds", "bound", "size", "command"}, {"figures", "lacks"}


@dataclass(frozen=True, slots=True)
class Bound:
    """What a figure must be."""

    what: str
    sign: str
    number: float

    def holds(self, number: float) -> bool:
        """Whether it's reached."""
        return _COMPARE[self.sign](number, self.number)

    def __str__(self) -> str:
        return f"{self.what} {self.sign} {self.number:,g}"


@dataclass(frozen=True, slots=True)
class Command:
    """Tests that are run together: in nine minutes at most."""

    tests: tuple[str, ...]
    engines: str

    @property
    def name(self) -> str:
        """What it's known by among the results."""
        return " ".join((self.engines, *self.tests))


@dataclass(frozen=True, slots=True)
class Check:
    """One row."""

    id: str
    holds: str
    bound: str
    size: str
    figures: tuple[Bound, ...]
    lacks: str
    commands: tuple[Command, ...]


def read_checks(path: Path) -> list[Check]:
    """The table, in its order. Raises ValueError for a check that says too little or something unknown."""
    return [_read(told) for told in tomllib.loads(path.read_text())["check"]]


def _read(told: dict[str, Any]) -> Check:
    if not _NEEDED <= told.keys() <= _NEEDED | _ALLOWED:
        raise ValueError(f"a check lacks something or has something unknown: {sorted(told)}")
    commands = [
        Command(tuple(one["tests"]), engines)
        for one in told["command"]
        for engines in one.get("engines", ["sqlite"])
    ]
    return Check(
        id=told["id"], holds=_line(told["holds"]), bound=_line(told["bound"]), size=_line(told["size"]),
        figures=tuple(map(_bound, told.get("figures", []))), lacks=_line(told.get("lacks", "")),
        commands=tuple(commands),
    )  # fmt: skip


def _line(text: str) -> str:
    return " ".join(text.split())


def _bound(text: str) -> Bound:
    found = _BOUND.match(text)
    if found is None:
        raise ValueError(f"no bound of a figure: {text}")
    return Bound(found["what"], found["sign"], float(found["number"].replace(",", "")))
