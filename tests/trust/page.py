"""`docs/trust.md`, made of the table of checks and the results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trust.checked import Check
from trust.results import FAILED, NOTHING, UNFINISHED, Result, Results, join_figures

_HEAD = """# What was measured

What Listenlink promises, measured at full size, each with its bound: `make trust` runs all of it,
`make trust ONLY=K7` one row, with `SEED=…` by the same chance again. This page is written by it and by nobody
else, from [trust.json](trust.json) and the table of checks, [checks.toml](../tests/trust/checks.toml), which
names each row's tests. A row says when it was run, and what the program was then (**+**: with changes that
weren't committed). A bound that isn't reached, or that nothing measures, is said in its row. The same tests
at small sizes are in `make test`.

{counts}

| check | what it holds | size | figure | bound | outcome | date | commit | seed | command |
|---|---|---|---|---|---|---|---|---|---|
"""
# What `engines.py` says of tests that don't depend on PostgreSQL, Redis and a bucket.
_OF_SQLITE = ("of the embedded database", "of audio that this program itself sends")
PASSING, PARTLY, FAILING, NOT_RUN = "passing", "passing in part", "failing", "not run yet"


def write_page(checks: Sequence[Check], results: Results) -> str:
    """The page."""
    rows, outcomes = [], []
    for check in checks:
        outcome, reasons = judge(check, results.of(check))
        outcomes.append(outcome)
        rows.append(_row(check, results.of(check), outcome, reasons))
    told = [f"{outcomes.count(one)} {one}" for one in (PASSING, PARTLY, FAILING, NOT_RUN)]
    return _HEAD.format(counts=f"Of {len(checks)} checks: {', '.join(told)}.") + "".join(rows)


def judge(check: Check, found: Sequence[Result | None]) -> tuple[str, list[str]]:
    """How the check stands, and all reasons why it isn't simply passing."""
    results = [one for one in found if one is not None]
    if not results:
        return NOT_RUN, [check.lacks] if check.lacks else []
    wrong = [reason for one in results for reason in _faults(one)]
    figures = {one.what: one for one in join_figures(f for r in results for f in r.figures)}
    open_ = [f"{len(found) - len(results)} of {len(found)} commands not run yet"]
    open_ = open_ if len(results) < len(found) else []
    for bound in check.figures:
        told = figures.get(bound.what)
        if told is not None and not bound.holds(told.number):
            wrong.append(f"{told}, where {bound.sign} {bound.number:,g} is wanted")
        elif told is None and not wrong:
            open_.append(f"not measured: {bound.what}")
    open_ += [f"skipped: {one}" for one in _skipped(check, found)]
    open_ += [f"not measured: {check.lacks}"] if check.lacks else []
    return (FAILING if wrong else PARTLY if open_ else PASSING), wrong + open_


def _skipped(check: Check, found: Sequence[Result | None]) -> list[str]:
    """What was skipped, but for what is of the embedded database alone and was run on that."""
    told = []
    run_on_sqlite = [one.tests for one in check.commands if one.engines == "sqlite"]
    for command, result in zip(check.commands, found, strict=True):
        for test, why in result.skipped.items() if result else ():
            file = "tests/" + test.partition("::")[0]
            is_there = any(name.startswith(file) for tests in run_on_sqlite for name in tests)
            if command.engines == "sqlite" or why not in _OF_SQLITE or not is_there:
                told.append(f"{test}: {why}")
    return told


def _faults(result: Result) -> list[str]:
    faults = [f"`{test}`: {why}" for test, why in result.failed.items()]
    if result.outcome == UNFINISHED:
        faults.append(f"not finished within {result.seconds / 60:.0f} minutes")
    elif result.outcome == NOTHING or (result.outcome == FAILED and not faults):
        faults.append("no test could be run")
    return faults


def _row(check: Check, found: Sequence[Result | None], outcome: str, reasons: Sequence[str]) -> str:
    results = [one for one in found if one is not None]
    figures = join_figures(f for one in results for f in one.figures)
    numbers = {one.what: f"{one.number:,}{one.unit}" for one in figures}
    numbers["tests"] = f"{sum(one.tests for one in results):,}"
    size = check.size.format_map(_Told(numbers)) if results else ""
    shown = f"**{outcome}**" + (f": {'; '.join(reasons)}" if reasons else "")
    cells = [
        check.id, check.holds, size, "; ".join(map(str, figures)), check.bound, shown,
        _each(one.date for one in results), _each(f"`{one.commit}`" for one in results),
        _each(str(one.seed) for one in results), f"`make trust ONLY={check.id}`",
    ]  # fmt: skip
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |\n"


class _Told(dict[str, str]):
    def __missing__(self, what: str) -> str:
        return "–"


def _each(values: Iterable[str]) -> str:
    return ", ".join(sorted(set(values)))
