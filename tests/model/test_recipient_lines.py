"""Recipients as people write them down are read as they were meant, or refused by the line."""

from __future__ import annotations

import contextlib
import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.model import recipient_lines as lines
from listenlink.model.recipient_lines import at_line, read_recipients


def read(text: str) -> list[tuple[int, dict[str, Any]]]:
    return [(one.line, dict(one.asked)) for one in read_recipients(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Ana\nBen", "\ufeffAna\r\nBen\r\n", "Ana\rBen", "  Ana \nBen\t\n", "label\nAna\nBen",
        '"Label"\n"Ana"\n"Ben"',
    ],
)  # fmt: skip
def test_a_name_on_each_line(text: str) -> None:
    assert [one.asked for one in read_recipients(text)] == [{"label": "Ana"}, {"label": "Ben"}]


def test_names_are_taken_as_they_are() -> None:
    text = 'Ana, Berlin; "the" station\n\n=1+1\n"Ben"\nLabel of all\n'
    named = [(1, 'Ana, Berlin; "the" station'), (3, "=1+1"), (4, '"Ben"'), (5, "Label of all")]
    assert read(text) == [(line, {"label": name}) for line, name in named]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table(delimiter: str) -> None:
    rows = [
        ["Max_Opens", " LABEL", "expires_in_days"], ["3", "Ana", ""], ["", "", ""],
        ["", "Ben\nof the\r\nradio", "90"], ["", f'The "x{delimiter}y"'],
    ]  # fmt: skip
    table = io.StringIO()
    csv.writer(table, delimiter=delimiter).writerows(rows)
    assert read("\ufeff\r\n" + table.getvalue()) == [
        (3, {"max_opens": 3, "label": "Ana"}),
        (5, {"label": "Ben\nof the\r\nradio", "expires_in_days": 90}),
        (8, {"label": f'The "x{delimiter}y"'}),
    ]


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("", None, lines.NOBODY),
        ("\ufeff \n\r\n", None, lines.NOBODY),
        ("label,max_opens\n,\n", None, lines.NOBODY),
        ("label,max_opens\nAna,2\nBen,0", 3, lines.NO_NUMBER),
        ("label,max_opens\nAna,2\n\nBen,2.5", 4, lines.NO_NUMBER),
        ("label,max_opens\nAna,99999999999999999", 2, lines.NO_NUMBER),
        ("label,max_opens\nAna,٣", 2, lines.NO_NUMBER),
        ("label,expires_in_days\nAna,91", 2, lines.NO_DAYS),
        ("label,expires_in_days\nAna,+1", 2, lines.NO_DAYS),
        ("label,max_opens\nAna,2,3", 2, lines.TOO_MANY_CELLS),
        ('label,max_opens\nAna,2\n"Ben,3\nCleo,4', 3, lines.NOT_CLOSED),
        ('label,max_opens\nAna,2\n"Ben"x,3', 3, lines.NOT_CLOSED),
        ("label\n" + "x" * 200_000, 2, lines.NOT_CLOSED),
        ("x\n" * 501, 501, lines.TOO_MANY),
    ],
)
def test_a_fault_is_told_by_its_line(text: str, line: int | None, fault: str) -> None:
    with pytest.raises(Problem) as found:
        read_recipients(text)
    assert (found.value.kind, found.value.message) == (ProblemKind.INVALID, fault)
    assert found.value.details.get("line") == line


def test_five_hundred_are_read() -> None:
    assert len(read_recipients("x\n\n" * 500)) == 500


def test_a_fault_of_a_recipient_is_one_of_its_line() -> None:
    found = read_recipients("\nAna\n\nBen")
    told = at_line(invalid("recipients[1].label", "No."), found)
    assert (told.message, told.details) == ("No.", {"field": "recipients", "line": 4})
    for other in (invalid("label", "No."), Problem(ProblemKind.NOT_FOUND)):
        assert at_line(other, found) is other


_CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@given(
    rows=st.lists(st.tuples(_CELLS, st.integers(1, 999)), min_size=1),
    delimiter=st.sampled_from(",;\t"),
)
def test_whatever_a_program_writes_as_csv_is_read_back(
    rows: list[tuple[str, int]], delimiter: str
) -> None:
    table = io.StringIO()
    writer = csv.writer(table, delimiter=delimiter)
    writer.writerow(["label", "max_opens"])
    writer.writerows(rows)
    told = [
        (one.asked.get("label", ""), one.asked["max_opens"])
        for one in read_recipients(table.getvalue())
    ]
    assert told == [(label.strip(), most) for label, most in rows]


@given(st.text(max_size=200))
def test_anything_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Problem):
        found = read_recipients(text)
        assert [one.line for one in found] == sorted({one.line for one in found})
