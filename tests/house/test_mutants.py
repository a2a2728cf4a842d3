"""The lists of mutants fit the source as it is, and what runs them tells a killed one from a survivor."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from mutants.listed import DoesNotApply, Mutant, mutate, read_areas
from mutants.run import ROOT, check

MUTANTS = read_areas(ROOT / "tests" / "mutants")

_PROJECT = """
[tool.pytest.ini_options]
testpaths = ["tests"]
"""
_SOURCE = """
def add(one, other):
    return one + other

def more(one):
    return add(one, 1)
"""
# Each run of a test is noted; the second waits until it may go on, and never notices anything.
_TESTS = """
import time
from pathlib import Path
import tiny

HERE = Path({here!r})

def test_sum():
    with (HERE / "runs").open("a") as runs:
        runs.write("sum ")
    assert tiny.add(2, 3) == 5

def test_more():
    while tiny.more(0) == 2 and not (HERE / "go").exists():
        time.sleep(0.02)
"""
_LIST = """
[[mutant]]
file = 'src/tiny/__init__.py'
old = 'return one + other'
new = 'return one - other'
breaks = 'sums are differences'
tests = ['tests/test_tiny.py::test_sum']

[[mutant]]
file = 'src/tiny/__init__.py'
after = 'def more(one):'
old = 'return add(one, 1)'
new = 'return add(one, 2)'
breaks = 'one more is two more'
tests = ['tests/test_tiny.py::test_more']
"""


def test_each_mutant_applies_once_to_the_source() -> None:
    complaints = check(ROOT, MUTANTS)
    assert not complaints, "\n\n".join(complaints)


def test_there_are_enough_in_each_area_and_none_twice() -> None:
    assert len(MUTANTS) >= 150
    areas = Counter(mutant.area for mutant in MUTANTS)
    assert min(areas.values()) >= 12, areas
    twice = [name for name, times in Counter(one.name for one in MUTANTS).items() if times > 1]
    assert twice == []


def test_each_mutant_is_another_program_that_can_be_read() -> None:
    sources = {mutant.file: (ROOT / mutant.file).read_text() for mutant in MUTANTS}
    whole = {file: ast.dump(ast.parse(source)) for file, source in sources.items()}
    for mutant in MUTANTS:
        assert "\n" not in mutant.old + mutant.new
        broken = mutate(sources[mutant.file], mutant)
        assert ast.dump(ast.parse(broken)) != whole[mutant.file], mutant


def test_the_tests_that_must_notice_are_there() -> None:
    for name in {test for mutant in MUTANTS for test in mutant.tests}:
        path, _, function = name.partition("::")
        assert (ROOT / path).is_file(), name
        assert f"def {function}(" in (ROOT / path).read_text() or not function, name


def test_a_line_that_changed_is_named_with_what_it_stood_for() -> None:
    mutant = Mutant("tiny", "src/tiny/__init__.py", "return 1", "return 2", "one is two", ("x",))
    for source, times in (("return 3\n", 0), ("return 1\n\nreturn 1\n", 2)):
        with pytest.raises(DoesNotApply) as told:
            mutate(source, mutant)
        for said in (
            "tests/mutants/tiny.toml",
            mutant.file,
            f"{times} times",
            "return 1",
            "one is two",
        ):
            assert said in str(told.value)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A package with a test that notices a mutant, and one that doesn't."""
    for name, text in {
        "pyproject.toml": _PROJECT,
        "src/tiny/__init__.py": _SOURCE,
        "tests/test_tiny.py": _TESTS.format(here=str(tmp_path)),
        "lists/tiny.toml": _LIST,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def run(tiny: Path, *more: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "mutants.run",
        "--root",
        str(tiny),
        "--lists",
        str(tiny / "lists"),
    ]
    return subprocess.Popen(
        [*command, "--package", "tiny", "--at-once", "1", *more], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env=os.environ | {"PYTHONPATH": str(ROOT / "tests")},
    )  # fmt: skip


def test_a_run_that_was_stopped_goes_on_where_it_was(tiny: Path) -> None:
    results, source = tiny / "build/mutants/results.jsonl", tiny / "src/tiny/__init__.py"
    first = run(tiny)
    for _ in range(3000):  # Both tests unbroken, and the first mutant.
        if results.exists() and results.read_text().count("\n") >= 3:
            break
        time.sleep(0.02)
    first.kill()
    first.communicate()
    (tiny / "go").touch()
    second = run(tiny)
    said, _ = second.communicate(timeout=120)
    told = [json.loads(line) for line in results.read_text().splitlines()]
    assert [one["outcome"] for one in told] == ["calm", "calm", "killed", "survived"], said
    assert told[2]["by"] == "tests/test_tiny.py::test_sum"
    assert (tiny / "runs").read_text() == "sum sum "  # Unbroken and broken, and not again.
    assert "survived: src/tiny/__init__.py: one more is two more" in said
    assert "1 of 2 killed: 50.0%, where at least 90% are wanted" in said
    assert second.returncode == 1
    assert source.read_text() == _SOURCE
    # What isn't listed any more doesn't count; what has its result isn't run again.
    (tiny / "lists" / "tiny.toml").write_text(_LIST.rpartition("[[mutant]]")[0])
    third = run(tiny)
    assert "1 of 1 killed" in third.communicate(timeout=120)[0]
    assert third.returncode == 0
    assert (tiny / "runs").read_text() == "sum sum "


def test_a_list_that_does_not_fit_runs_nothing(tiny: Path) -> None:
    (tiny / "src/tiny/__init__.py").write_text(_SOURCE.replace("one + other", "other + one"))
    running = run(tiny, "--only", "tiny")
    said, _ = running.communicate(timeout=60)
    assert running.returncode == 2
    assert "It stands for: sums are differences" in said
    assert not (tiny / "runs").exists()
