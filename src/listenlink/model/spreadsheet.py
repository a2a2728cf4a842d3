"""Texts that somebody else wrote, made harmless where a spreadsheet reads them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

# What a spreadsheet would calculate, or leave out on the way to such.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(text: str) -> str:
    """The text, behind an apostrophe if a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def harmless_when_pasted(text: str) -> str:
    """The same for one of several cells that are pasted, where a quotation mark at the beginning would take
    in what comes after. The text is one line without tabs."""
    return f"'{text}" if text.startswith('"') else harmless(text)


def write_csv(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as CSV (RFC 4180). The cells are harmless already."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows(rows)
    return table.getvalue()
