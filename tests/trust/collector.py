"""A plugin for pytest: how each test ended, as lines beside the figures. `tests/conftest.py` registers it."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

import pytest

from trust.figures import figure, write

_MOST_LETTERS = 200
_EXAMPLES = re.compile(r"(\d+) passing")
_PLACES = re.compile(r"(?:/[\w.+-]+){2,}/([\w.+-]*)")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A test has passed when its call has; whatever of it fails or is skipped is told as that."""
    if report.passed and report.when != "call":
        return
    write({"test": report.nodeid, "ended": report.outcome, "why": _why(report)})


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """A file that can't be read, or that is skipped as a whole."""
    if not report.passed:
        write({"test": report.nodeid, "ended": report.outcome, "why": _why(report)})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """How many examples Hypothesis took, if it's a test of its."""
    ended = yield
    if told := _EXAMPLES.findall(getattr(item, "hypothesis_statistics", "")):
        figure("examples", sum(map(int, told)))
    return ended


def _why(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The first line of what was said, without the machine's folders."""
    if report.passed:
        return ""
    if report.skipped and isinstance(report.longrepr, tuple):
        said = report.longrepr[2].removeprefix("Skipped: ")
    else:
        crash = getattr(report.longrepr, "reprcrash", None)
        said = str(crash.message if crash else report.longrepr)
    first = said.strip().splitlines()[0] if said.strip() else ""
    return _PLACES.sub(r"\1", first)[:_MOST_LETTERS]
