"""What the tests themselves are worth, and whether what is locked has a known hole: of `make trust` alone."""

from __future__ import annotations

import re
import subprocess

import pytest

from mutants.listed import read_areas
from mutants.run import KILLED, ROOT, UNCLEAR, Results, plan
from trust.figures import FULL, figure

pytestmark = pytest.mark.skipif(not FULL, reason="of make trust")

LEAST_KILLED_PERCENT = 90


def test_the_last_mutants_were_killed() -> None:
    """By what the last `make mutants` wrote, as far as that is still of the program as it is."""
    told = ROOT / "build" / "mutants" / "results.jsonl"
    if not told.exists():
        pytest.skip("make mutants hasn't been run here")
    mutants, results = read_areas(ROOT / "tests" / "mutants"), Results(told)
    _, jobs = plan(ROOT, mutants)
    known = {job.name: results.find(job) for job in jobs}
    outcomes = {name: one["outcome"] if one else UNCLEAR for name, one in known.items()}
    of_area: dict[str, list[str]] = {}
    for mutant in mutants:
        of_area.setdefault(mutant.area, []).append(outcomes[mutant.name])
    # Who wasn't tried as the program is now counts as a survivor.
    percents = {area: 100 * found.count(KILLED) / len(found) for area, found in of_area.items()}
    figure("mutants", len(mutants))
    figure(
        "mutants not tried as the program is now",
        list(outcomes.values()).count(UNCLEAR),
        of=len(mutants),
    )
    figure("mutants killed in the worst area, %", round(min(percents.values()), 1), joined="least")
    assert {area: one for area, one in percents.items() if one < LEAST_KILLED_PERCENT} == {}


@pytest.mark.timeout(480)
def test_nothing_that_is_locked_has_a_known_hole() -> None:
    """By `make audit`, which asks PyPI."""
    done = subprocess.run(
        ["make", "audit"], cwd=ROOT, capture_output=True, text=True, timeout=470, check=False
    )
    said = done.stdout + done.stderr
    found = re.search(r"Found (\d+) known vulnerabilit", said)
    if done.returncode and found is None:
        pytest.skip("PyPI can't be asked from here for what is known of each version")
    holes = int(found.group(1)) if found else 0
    figure("known holes", holes)
    assert holes == 0, said
