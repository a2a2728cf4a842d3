"""The table of what is measured is whole, its tests are there, and how they ended is told truthfully."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from trust.checked import Check, read_checks
from trust.page import FAILING, NOT_RUN, PARTLY, PASSING, judge, write_page
from trust.results import Result, Results
from trust.run import ROOT

TABLE = ROOT / "tests" / "trust" / "checks.toml"
CHECKS = read_checks(TABLE)

_PROJECT = """
[tool.pytest.ini_options]
pythonpath = ["tests", {here!r}]
addopts = "-p no:schemathesis -p no:faker -p no:asyncio -p no:xdist"
"""
_CONFTEST = """
from trust.collector import *
"""
_TESTS = """
import random, time
import pytest
from trust.figures import figure, seed

def test_good():
    for number in (1, 2):
        figure("tries", number, of=5)
        figure("slowest", number / 2, unit=" s", joined="most")
    assert seed() == 7

def test_bad():
    assert {"found": 1} == {}

def test_skipped():
    pytest.skip("needs root")

def test_slow():
    time.sleep(60)
"""
_CHECK = """
[[check]]
id = "{id}"
holds = "It holds."
bound = "the least"
size = "{{tries}} tries, {{tests}} tests"
figures = [{figures}]
[[check.command]]
tests = ["tests/test_tiny.py::{test}"]
"""


def test_there_is_a_row_for_each_check_and_none_besides() -> None:
    assert [check.id for check in CHECKS] == [f"K{number}" for number in range(1, 47)]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.id))
def test_the_tests_of_a_check_are_there(check: Check) -> None:
    for name in {test for command in check.commands for test in command.tests}:
        path, _, function = name.partition("::")
        assert (ROOT / path).is_file(), name
        assert f"def {function.partition('[')[0]}(" in (ROOT / path).read_text() or not function, (
            name
        )


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.id))
def test_each_figure_that_is_bounded_is_told_by_one_of_the_tests(check: Check) -> None:
    """Also those that a module tells for the tests: by the words themselves."""
    told = "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    assert [bound.what for bound in check.figures if f'"{bound.what}"' not in told] == []


def test_the_page_is_what_the_results_say() -> None:
    results = Results(ROOT / "docs" / "trust.json")
    assert (ROOT / "docs" / "trust.md").read_text() == write_page(CHECKS, results), (
        "make trust WRITE=1"
    )


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A project with tests that end in each way."""
    rows = [
        ("K1", "test_good", "'tries = 3', 'slowest <= 1'"), ("K2", "test_good", "'slowest <= 0.5'"),
        ("K3", "test_good", "'never told = 0'"), ("K4", "test_bad", ""), ("K5", "test_skipped", ""),
        ("K6", "test_slow", ""), ("K7", "test_good", ""),
    ]  # fmt: skip
    table = "".join(_CHECK.format(id=name, test=test, figures=f) for name, test, f in rows)
    for name, text in {
        "pyproject.toml": _PROJECT.format(here=str(ROOT / "tests")),
        "tests/conftest.py": _CONFTEST,
        "tests/test_tiny.py": _TESTS,
        "checks.toml": table,
        "docs/x": "",
        "src/x": "",
        "requirements.lock": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def run(tiny: Path, *more: str) -> str:
    command = [
        sys.executable,
        "-m",
        "trust.run",
        "--root",
        str(tiny),
        "--table",
        str(tiny / "checks.toml"),
    ]
    done = subprocess.run(
        [*command, "--seed", "7", *more], text=True, timeout=120, check=False,
        capture_output=True, env=os.environ | {"PYTHONPATH": str(ROOT / "tests")},
    )  # fmt: skip
    return done.stdout + done.stderr


def test_what_is_run_is_told_as_it_ended(tiny: Path) -> None:
    said = run(tiny, "--only", "K1,K2,K3,K4,K5")
    run(tiny, "--only", "K6", "--within", "2")
    checks, results = read_checks(tiny / "checks.toml"), Results(tiny / "docs" / "trust.json")
    told = {check.id: judge(check, results.of(check)) for check in checks}
    assert told["K1"] == (PASSING, []), said
    assert told["K2"] == (FAILING, ["slowest: 1 s, where <= 0.5 is wanted"])
    assert told["K3"] == (PARTLY, ["not measured: never told"])
    assert told["K4"][0] == FAILING
    assert "`test_tiny.py::test_bad`: AssertionError: assert {'found': 1} == {}" in told["K4"][1]
    assert told["K5"] == (
        FAILING, ["no test could be run", "skipped: test_tiny.py::test_skipped: needs root"],
    )  # fmt: skip
    assert told["K6"][0] == FAILING
    assert "not finished within" in told["K6"][1][0]
    assert told["K7"] == (NOT_RUN, [])
    page = (tiny / "docs" / "trust.md").read_text()
    assert (
        "| K1 | It holds. | 3 tries, 1 tests | tries: 3 of 10; slowest: 1 s | the least |" in page
    )
    assert "| 7 | `make trust ONLY=K1` |" in page


def test_what_is_skipped_where_it_is_not_meant_was_run_where_it_is(tmp_path: Path) -> None:
    row = (
        _CHECK.format(id="K1", test="test_good", figures="").rstrip()
        + '\nengines = ["sqlite", "postgresql"]\n'
    )
    (tmp_path / "checks.toml").write_text(row)
    (check,) = read_checks(tmp_path / "checks.toml")
    ran = Result("passed", 1, {}, {}, [], 1.0, "2001-01-01", "abc", 7, "0")
    for why, outcome in (("of the embedded database", PASSING), ("needs root", PARTLY)):
        skipped = dataclasses.replace(ran, skipped={"test_tiny.py::test_good": why})
        assert judge(check, [ran, skipped])[0] == outcome
    assert judge(check, [skipped, ran])[0] == PARTLY
    assert judge(check, [ran, None]) == (PARTLY, ["1 of 2 commands not run yet"])


def test_a_row_stays_until_it_is_run_again(tiny: Path) -> None:
    run(tiny, "--only", "K1,K7")
    kept = json.loads((tiny / "docs" / "trust.json").read_text())
    for row in kept.values():
        for result in row.values():
            result["date"] = "2001-01-01"
    (tiny / "docs" / "trust.json").write_text(json.dumps(kept))
    run(tiny, "--only", "K1")
    table = (tiny / "checks.toml").read_text().split("[[check]]")
    (tiny / "checks.toml").write_text("[[check]]".join(["", table[1], table[7]]))
    said = run(tiny)
    assert "K1 (" not in said
    assert "K7 (" not in said
    rows = {
        line.split(" | ")[0][2:]: line
        for line in (tiny / "docs" / "trust.md").read_text().splitlines()
    }
    assert "2001-01-01" in rows["K7"]
    assert "2001-01-01" not in rows["K1"]
    (tiny / "src" / "more.py").write_text("")
    assert "K7 (" in run(tiny)
