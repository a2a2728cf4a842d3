"""A table is CSV that every program reads the same, and that no spreadsheet calculates."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from email.message import Message

import pytest

from listenlink.web.csv_table import answer_table

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    '=HYPERLINK("http://a.example";"x")',
]
PLAIN = ["Ana", "a=1", 'say "hi", twice', "two\r\nlines", "Zoë 🎵", "", "'=1", " =1", "0"]


def read(answer: object) -> list[list[str]]:
    content: bytes = answer.content  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))


@pytest.mark.parametrize("text", FORMULAS)
def test_nothing_begins_as_a_formula_does(text: str) -> None:
    assert read(answer_table("a", ["label"], [[text]])) == [["label"], [f"'{text}"]]


def test_all_else_is_read_as_it_was_written() -> None:
    answer = answer_table("a", ["label", "more"], [[text, 7] for text in PLAIN])
    assert read(answer) == [["label", "more"], *([text, "7"] for text in PLAIN)]
    assert answer.content.endswith(b"\r\n")


def test_times_are_utc_and_nothing_is_empty() -> None:
    at = datetime(2026, 11, 24, 2, 53, 36, tzinfo=UTC)
    cells = [at, at.date(), None, -1]
    assert read(answer_table("a", ["a"], [cells]))[1] == [
        "2026-11-24T02:53:36Z",
        "2026-11-24",
        "",
        "-1",
    ]


@pytest.mark.parametrize("name", ["mtrack_0-links", 'a"; b\r\nX: y', "../ü"])
def test_it_is_saved_under_a_safe_name(name: str) -> None:
    told = answer_table(name, ["a"], []).headers["content-disposition"]
    assert told.startswith("attachment; ")
    assert told.isascii()
    assert told.isprintable()
    message = Message()
    message["content-disposition"] = told.partition("; filename*=")[0]
    plain = message.get_filename()
    assert plain is not None
    assert plain.endswith(".csv")
    assert not set(plain) & set('/\\"\r\n;')
