"""What came of the commands, in `docs/trust.json`: the last result of each, kept until it's run again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trust.checked import Check, Command

PASSED, FAILED, UNFINISHED, NOTHING = "passed", "failed", "not finished", "nothing run"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that a test told, joined with those of the others that told it."""

    what: str
    number: float
    of: int | None
    unit: str
    joined: str

    def join(self, other: Figure) -> Figure:
        """Both as one."""
        number = {"sum": self.number + other.number, "most": max(self.number, other.number)}.get(
            self.joined, min(self.number, other.number)
        )
        of = None if self.of is None or other.of is None else self.of + other.of
        return Figure(self.what, number, of, self.unit, self.joined)

    def __str__(self) -> str:
        shown = f"{self.number:,.4g}" if isinstance(self.number, float) else f"{self.number:,}"
        whole = f" of {self.of:,}" if self.of is not None else ""
        return f"{self.what}: {shown}{self.unit}{whole}"


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended. `digest` is of all that it depends on; `failed` and `skipped` have the reasons."""

    outcome: str
    tests: int
    failed: dict[str, str]
    skipped: dict[str, str]
    figures: list[Figure]
    seconds: float
    date: str
    commit: str
    seed: int
    digest: str


def join_figures(figures: Iterable[Figure]) -> list[Figure]:
    """Each `what` once, in the order in which they were first told."""
    joined: dict[str, Figure] = {}
    for one in figures:
        joined[one.what] = joined[one.what].join(one) if one.what in joined else one
    return list(joined.values())


class Results:
    """The results by check and command, in a file that people can read the differences of."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: dict[str, dict[str, Result]] = {}
        for check, commands in (json.loads(path.read_text()) if path.exists() else {}).items():
            self._kept[check] = {name: _result(told) for name, told in commands.items()}

    def find(self, check: Check, command: Command) -> Result | None:
        """The last result of this command for this check."""
        return self._kept.get(check.id, {}).get(command.name)

    def of(self, check: Check) -> list[Result | None]:
        """A result, or none, for each of the check's commands."""
        return [self.find(check, command) for command in check.commands]

    def keep(self, check: Check, command: Command, result: Result) -> None:
        """Write it down at once, and forget commands that the check has no more."""
        there = {one.name for one in check.commands}
        kept = self._kept.setdefault(check.id, {})
        kept[command.name] = result
        self._kept[check.id] = {name: one for name, one in kept.items() if name in there}
        self.write()

    def write(self) -> None:
        """Write the file, also if there is nothing in it yet."""
        told = {
            name: {key: asdict(one) for key, one in sorted(commands.items())}
            for name, commands in sorted(self._kept.items(), key=lambda pair: int(pair[0][1:]))
        }
        replace(self._path, json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def _result(told: dict[str, Any]) -> Result:
    return Result(**told | {"figures": [Figure(**one) for one in told["figures"]]})


def replace(path: Path, text: str) -> None:
    """Write the file whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.write_text(text)
    draft.replace(path)
