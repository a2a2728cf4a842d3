"""README's table of speed, made from RESULTS.md: `make bench` writes both, and a test holds them together.

python bench/compared.py
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- From bench/RESULTS.md, by bench/compared.py. -->", "<!-- Until here. -->"
_HEAD = (
    "", "opens per second", "p99", "CPU of an open", "64 KiB ranges per second", "whole files of 5 MB",
)  # fmt: skip
# Who, and the labels of what they did: an open or what comes nearest to it, ranges, whole files.
_WHO = (
    ("**Listenlink**", "resolve a track", "64 KiB ranges: Listenlink", "5 MB: Listenlink"),
    ("copyparty: the listing of a share", "copyparty: listing of a share", "64 KiB ranges: copyparty",
     "5 MB: copyparty"),
    ("Directus: an item by a share", "Directus: opening of a share", "", ""),
    ("the same, by the book: FastAPI, SQLAlchemy; files by Starlette", "textbook: FastAPI, SQLAlchemy",
     "64 KiB ranges: FileResponse", "5 MB: FileResponse"),
    ("nginx: a file of that length; `secure_link`", "ceiling: nginx, a file",
     "64 KiB ranges: nginx secure_link", "5 MB: nginx secure_link"),
)  # fmt: skip
_CONNECTIONS = "64"
_NOTHING = "–"
Cells = dict[str, str]


def write_block(results: str) -> str:
    """The part of README that stands between the marks."""
    rows = _read_rows(results)
    written = re.search(r"on (\d{4}-\d\d-\d\d)", results)
    date = written.group(1) if written else "?"
    lines = [
        BEGIN,
        f"Measured beside each other on {_machine(results)}, the load generator among them, on {date};",
        "read them as ratios. Listenlink counts each open exactly and writes it into its audit, on the disk,",
        "before it answers. What was measured, how, and which targets were missed:",
        "[bench/RESULTS.md](bench/RESULTS.md).",
        "",
        "| " + " | ".join(_HEAD) + " |",
        "|---|" + "---:|" * (len(_HEAD) - 1),
    ]
    for who, opens, ranges, files in _WHO:
        cells = [
            _figure(rows, opens, "requests/s"),
            _figure(rows, opens, "p99 ms", " ms"),
            _figure(rows, opens, "CPU µs", " µs"),
            _figure(rows, ranges, "requests/s"),
            _figure(rows, files, "MB/s", " MB/s"),
        ]
        lines.append("| " + " | ".join([who, *cells]) + " |")
    return "\n".join([*lines, END])


def _read_rows(results: str) -> dict[str, Cells]:
    """The rows of the first table by label, those at 64 connections where there are several."""
    table = [
        [cell.strip() for cell in line.strip("|\n").split("|")]
        for line in results[results.index("\n\n| row ") + 2 :].split("\n\n")[0].splitlines()
    ]
    head = table[0]
    found: dict[str, Cells] = {}
    for cells in table[2:]:
        row = dict(zip(head, cells, strict=True))
        if row["conn"] == _CONNECTIONS or row["row"] not in found:
            found[row["row"]] = row
    return found


def _figure(rows: dict[str, Cells], label: str, name: str, unit: str = "") -> str:
    """A cell; nothing where there is no such row, or its figures say nothing."""
    told = rows.get(label, {}).get(name, "")
    return told + unit if re.fullmatch(r"[\d,.]+", told) else _NOTHING


def _machine(results: str) -> str:
    found = re.search(r"Machine: (\d+) cores", results)
    return f"{found.group(1)} cores" if found else "one machine"


def put_into_readme() -> None:
    """Write the table into README anew."""
    readme = ROOT / "README.md"
    before, _, rest = readme.read_text().partition(BEGIN)
    block = write_block((ROOT / "bench" / "RESULTS.md").read_text())
    readme.write_text(before + block + rest.partition(END)[2])


if __name__ == "__main__":
    put_into_readme()
