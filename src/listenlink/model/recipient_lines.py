"""Recipients as people write them down: a name on each line, or a table as CSV with a row of headings.

What is read here are texts and numbers. Whether they're terms that a link can have is said in
`model/recipients.py`; a fault found there is told by the line that it came from.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import NamedTuple

from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.model.terms import MAX_EXPIRES_IN_DAYS, AskedTerms
from listenlink.wire.bodies import MOST_OPENS, MOST_RECIPIENTS

HEADINGS = ("label", "max_opens", "expires_in_days")
# Many more than so many recipients need, with whatever a spreadsheet puts around them.
MOST_BYTES = 1024 * 1024
NOBODY, TOO_MANY = "Nobody is named here.", f"Name 1 to {MOST_RECIPIENTS} at once."
NOT_CLOSED, TOO_MANY_CELLS = (
    "A quotation mark is out of place.",
    "This has more cells than headings.",
)
NO_NUMBER = f"This is a whole number from 1 to {MOST_OPENS}."
NO_DAYS = f"This is a whole number of days, from 1 to {MAX_EXPIRES_IN_DAYS}."
_DELIMITERS = ",;\t"
_LINE_ENDS = re.compile("\r\n|\r|\n")
_FIELD = re.compile(r"recipients\[(\d+)\]\.\w+")
_MOST_DIGITS = 16


class Read(NamedTuple):
    """A recipient, and the line that it begins on, counted from 1."""

    line: int
    asked: AskedTerms


def read_recipients(text: str) -> list[Read]:
    """Read a list: with headings of `HEADINGS`, in any order, in the first line that isn't empty it's CSV,
    with commas, semicolons or tabs; anything else is a name on each line, commas and all. Empty lines and
    empty cells say nothing.

    Raises a 422 Problem about `recipients`, whose `details.line` is the line, if it's that of one.
    """
    text = text.removeprefix("\ufeff")
    lines = _LINE_ENDS.split(text)
    first = next((place for place, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise invalid("recipients", NOBODY)
    headings = _headings(lines[first])
    if headings is None:
        found = [
            Read(n, {"label": line.strip()}) for n, line in enumerate(lines, 1) if line.strip()
        ]
    else:
        found = list(_rows(text, *headings))
    if not found:
        raise invalid("recipients", NOBODY)
    if len(found) > MOST_RECIPIENTS:
        raise invalid("recipients", TOO_MANY, line=found[MOST_RECIPIENTS].line)
    return found


def at_line(problem: Problem, read: list[Read]) -> Problem:
    """A Problem about one of the recipients that were read, as one about its line; any other as it is."""
    found = _FIELD.fullmatch(str(problem.details.get("field", "")))
    if problem.kind is not ProblemKind.INVALID or found is None:
        return problem
    line = read[int(found[1])].line
    return Problem(problem.kind, problem.message, field="recipients", line=line)


def _headings(line: str) -> tuple[str, list[str]] | None:
    """How the first line's cells are told apart, and what they are; None if these are no headings."""
    for delimiter in _DELIMITERS:
        cells = [cell.strip().strip('"').strip().lower() for cell in line.split(delimiter)]
        if "label" in cells and set(cells) <= set(HEADINGS) and len(set(cells)) == len(cells):
            return delimiter, cells
    return None


def _rows(text: str, delimiter: str, headings: list[str]) -> Iterator[Read]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    is_heading, line = True, 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            raise invalid("recipients", NOT_CLOSED, line=line) from None
        if row is None:
            return
        cells = [cell.strip() for cell in row]
        if any(cells):
            if not is_heading:
                yield Read(line, _asked(cells, headings, line))
            is_heading = False
        line = reader.line_num + 1


def _asked(cells: list[str], headings: list[str], line: int) -> AskedTerms:
    if any(cells[len(headings) :]):
        raise invalid("recipients", TOO_MANY_CELLS, line=line)
    asked: AskedTerms = {}
    for name, cell in zip(headings, cells, strict=False):
        if not cell:
            continue
        if name == "label":
            asked["label"] = cell
        elif name == "max_opens":
            asked["max_opens"] = _number(cell, MOST_OPENS, NO_NUMBER, line)
        else:
            asked["expires_in_days"] = _number(cell, MAX_EXPIRES_IN_DAYS, NO_DAYS, line)
    return asked


def _number(cell: str, most: int, fault: str, line: int) -> int:
    is_number = cell.isascii() and cell.isdecimal() and len(cell) <= _MOST_DIGITS
    if not is_number or not 1 <= int(cell) <= most:
        raise invalid("recipients", fault, line=line)
    return int(cell)
