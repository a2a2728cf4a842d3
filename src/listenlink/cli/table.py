"""Lists and facts as a terminal shows them, and lists as programs read them: a line each, with tabs.

Whatever somebody else wrote, a title or a label, is made one line without anything that a terminal obeys.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len, set_cell_size

from listenlink.model.one_line import one_line, some_lines

Item = dict[str, Any]
_GAP = 2
# No text gets narrower than this, however narrow the terminal is: then its lines are broken.
_LEAST = 8


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, what programs get of an item, as the API has it, and what people do, where that's
    shorter. A text gives way where the terminal is too narrow."""

    title: str
    told: Callable[[Item], Any]
    shown: Callable[[Item], str] | None = None
    is_text: bool = False
    is_number: bool = False

    def for_people(self, item: Item) -> str:
        """What a terminal shows of the item."""
        return one_line(plain(self.told(item)) if self.shown is None else self.shown(item))


def field(name: str) -> Callable[[Item], Any]:
    """What reads this field of an item."""
    return lambda item: item.get(name)


def plain(value: Any) -> str:
    """A value of an answer's JSON as text, nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(plain, value))
    return str(value)


def print_list(items: Sequence[Item], columns: Sequence[Column], none: str) -> None:
    """Print the items: in columns that fit the terminal, or what is said where there are none; elsewhere with
    tabs, each column in its place, whole and without titles."""
    if not sys.stdout.isatty():
        for item in items:
            print("\t".join(one_line(plain(column.told(item))) for column in columns))
        return
    if not items:
        print(none)
        return
    width = shutil.get_terminal_size().columns
    for line in lines_of(items, columns, width):
        print(line)


def lines_of(items: Sequence[Item], columns: Sequence[Column], width: int) -> list[str]:
    """The lines of a table of at most this width, if it can be so narrow: the titles first, without columns
    that have nothing in them."""
    cells = [[column.for_people(item) for item in items] for column in columns]
    kept = [place for place, column in enumerate(cells) if any(column)]
    columns = [columns[place] for place in kept]
    rows = [
        [column.title.upper() for column in columns],
        *([cells[place][row] for place in kept] for row in range(len(items))),
    ]
    widths = _fitting(
        [max(map(cell_len, texts)) for texts in zip(*rows, strict=True)], columns, width
    )
    return [_line(row, columns, widths) for row in rows]


def _fitting(widths: list[int], columns: Sequence[Column], most: int) -> list[int]:
    """The widths, with the widest texts narrower by what there is too much."""
    texts = [place for place, column in enumerate(columns) if column.is_text]
    too_much = sum(widths) + _GAP * (len(widths) - 1) - most
    while too_much > 0 and texts:
        widest = max(texts, key=widths.__getitem__)
        if widths[widest] <= _LEAST:
            break
        widths[widest] -= 1
        too_much -= 1
    return widths


def _line(texts: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    padded = []
    for text, column, width in zip(texts, columns, widths, strict=True):
        fits = text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"
        space = " " * (width - cell_len(fits))
        padded.append(space + fits if column.is_number else fits + space)
    return (" " * _GAP).join(padded).rstrip()


def print_facts(facts: Sequence[tuple[str, Any]]) -> None:
    """Print facts, a line each, below one another. Null ones are left out, and a text of several lines goes
    on below itself."""
    known = [(name, plain(value)) for name, value in facts if value is not None]
    width = max((len(name) for name, _ in known), default=0)
    for name, text in known:
        first, *others = some_lines(text).split("\n")
        print(f"  {name.ljust(width)}  {first}".rstrip())
        for line in others:
            print(" " * (width + 4) + line)
