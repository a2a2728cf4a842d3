"""What README says of speed is what the benchmark wrote."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def compared() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "bench" / "compared.py"))


def test_the_table_of_the_readme_is_that_of_the_results(compared: dict[str, Any]) -> None:
    block = compared["write_block"]((ROOT / "bench" / "RESULTS.md").read_text())
    assert block in (ROOT / "README.md").read_text(), "python bench/compared.py writes it anew"
    figures = block.splitlines()[-6:-1]
    assert all(line.count("|") == 7 for line in figures)
    assert sum(char.isdigit() for char in figures[0]) > 10


def test_a_row_without_figures_is_told_as_none(compared: dict[str, Any]) -> None:
    results = (
        "Written on 2026-01-02.\n\n"
        "| row | conn | requests/s | MB/s | p99 ms | CPU µs |\n"
        "|-----|-----:|-----------:|-----:|-------:|-------:|\n"
        "| resolve a track | 1 | 1 | | 1.00 | 9 |\n"
        "| resolve a track | 64 | 12,345 | | 5.50 | 94 |\n"
        "| copyparty: listing of a share | 64 | 99% other answers | | | |\n\n"
    )
    ours, theirs, absent = compared["write_block"](results).splitlines()[-6:-3]
    assert ours == "| **Listenlink** | 12,345 | 5.50 ms | 94 µs | – | – |"
    assert theirs.endswith("| – | – | – | – | – |")
    assert absent.endswith("| – | – | – | – | – |")
