"""The lists of mutants, one file for each area: which line is broken how, and which tests must notice.

A mutant is one line of the program put wrong on purpose. `old` is that line without its indentation. Where a
file has it more than once, `after` is a line above it, which the file has once: what is meant is the first
such line below.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_NEEDED = {"file", "old", "new", "breaks", "tests"}
_ALLOWED = _NEEDED | {"after", "engines", "survives"}


class DoesNotApply(Exception):
    """The source has changed: it doesn't have the mutant's line any more, or not only once."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One line broken. Paths are relative to the repository. `breaks` says what goes wrong by it, in a few
    words; `engines` is what its tests run on; `survives` says why no test can notice it, if none can."""

    area: str
    file: str
    old: str
    new: str
    breaks: str
    tests: tuple[str, ...]
    after: str | None = None
    engines: str = "sqlite"
    survives: str | None = None

    @property
    def name(self) -> str:
        """Its area, and 8 hex digits of what it is."""
        said = "\n".join((self.file, self.old, self.new, self.after or ""))
        return f"{self.area}-{hashlib.sha256(said.encode()).hexdigest()[:8]}"

    def describe(self) -> str:
        """One line that says what it is."""
        return f"{self.file}: {self.breaks}\n    - {self.old}\n    + {self.new}"


def read_areas(folder: Path, only: Iterable[str] = ()) -> list[Mutant]:
    """Read the lists in the folder, of all areas or of those named. Raises ValueError for a list that says
    too little, or something unknown, and for an area that there isn't."""
    chosen, found = set(only), []
    paths = {path.stem: path for path in sorted(folder.glob("*.toml"))}
    if unknown := chosen - paths.keys():
        raise ValueError(
            f"no such area: {', '.join(sorted(unknown))} (there are {', '.join(paths)})"
        )
    for area, path in paths.items():
        if not chosen or area in chosen:
            told = tomllib.loads(path.read_text())["mutant"]
            found += [_read(area, fields) for fields in told]
    return found


def _read(area: str, fields: dict[str, object]) -> Mutant:
    if not _NEEDED <= fields.keys() <= _ALLOWED:
        odd = sorted(fields.keys() ^ _NEEDED)
        raise ValueError(
            f"{area}.toml: a mutant lacks a field or has one too many: {odd} in {fields}"
        )
    tests = fields.pop("tests")
    if not isinstance(tests, list) or not tests:
        raise ValueError(f"{area}.toml: `tests` are the names of one test or more, in {fields}")
    said = {name: str(value) for name, value in fields.items()}
    return Mutant(area=area, tests=tuple(map(str, tests)), **said)


def mutate(source: str, mutant: Mutant) -> str:
    """The source with the mutant's line in it. Raises DoesNotApply."""
    lines = source.splitlines(keepends=True)
    stripped = [line.strip() for line in lines]
    begins_at = 0
    if mutant.after is not None:
        begins_at = _find_once(stripped, mutant.after, mutant) + 1
        if mutant.old not in stripped[begins_at:]:
            raise DoesNotApply(_complain(mutant, mutant.old, 0))
        place = stripped.index(mutant.old, begins_at)
    else:
        place = _find_once(stripped, mutant.old, mutant)
    whole = lines[place]
    lines[place] = whole.replace(mutant.old, mutant.new)
    return "".join(lines)


def _find_once(stripped: list[str], wanted: str, mutant: Mutant) -> int:
    times = stripped.count(wanted)
    if times != 1:
        raise DoesNotApply(_complain(mutant, wanted, times))
    return stripped.index(wanted)


def _complain(mutant: Mutant, wanted: str, times: int) -> str:
    return (
        f"tests/mutants/{mutant.area}.toml: {mutant.file} has this line {times} times, not once:\n"
        f"    {wanted}\nWrite the mutant for the source as it is now. It stands for: {mutant.breaks}"
    )
