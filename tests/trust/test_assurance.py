"""What the tests themselves are worth, and whether what is locked has a known hole: of `make trust` alone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from commands import clean_environment
from mutants.listed import read_areas
from mutants.run import KILLED, ROOT, UNCLEAR, Results, plan
from trust.figures import FULL, figure

pytestmark = pytest.mark.skipif(not FULL, reason="of make trust")

LEAST_KILLED_PERCENT = 90
# What must hold: signing, limits, shares, ranges, clients.
SOURCES = [
    *(f"src/listenlink/model/{name}.py" for name in (
        "budget", "client_address", "client_logs", "limit", "listen_session", "revocation", "share",
        "share_token", "signing", "terms", "unlock", "versions", "visit_ticket",
    )),
    *(f"src/listenlink/media/{name}.py" for name in (
        "archive_url", "bucket/sigv4", "picture_url", "signed_url",
    )),
    *(f"src/listenlink/actions/opening/{name}.py" for name in ("rate_limits", "rule")),
    "src/listenlink/web/ranges.py",
]  # fmt: skip
# What asks these in its own process, where it's seen which way they go.
TAKEN_BY = [
    "tests/model",
    *(f"tests/web/test_{name}.py" for name in ("audio_streams", "find_client", "known_content", "ranges")),
    *(f"tests/media/test_{name}.py" for name in (
        "archive_url", "bucket", "picture_url", "sigv4", "signed_url",
    )),
    *(f"tests/store/test_{name}.py" for name in (
        "client_names", "give_back", "limited_counts", "lives_opened", "opening_rule", "same_rules",
        "share_limits",
    )),
]  # fmt: skip


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


@pytest.mark.timeout(500)
def test_every_branch_is_taken_of_what_must_hold(tmp_path: Path) -> None:
    """At the size of the ordinary suite."""
    environment = clean_environment(TEST_ENGINES="sqlite")
    environment |= {"COVERAGE_FILE": str(tmp_path / "taken")}
    coverage, told = [sys.executable, "-m", "coverage"], tmp_path / "taken.json"
    run = ["run", "--branch", f"--include={','.join(SOURCES)}"]
    for command in (
        [*run, "-m", "pytest", "-q", "-pno:cacheprovider", *TAKEN_BY],
        ["json", "-q", "-o", str(told)],
    ):
        done = subprocess.run(
            [*coverage, *command], cwd=ROOT, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    files = json.loads(told.read_text())["files"]
    assert len(files) == len(SOURCES)
    missing = {
        name: (file["missing_lines"], file["missing_branches"])
        for name, file in files.items()
        if file["missing_lines"] or file["missing_branches"]
    }
    figure("branches", sum(file["summary"]["num_branches"] for file in files.values()))
    figure("branches or lines never taken", sum(len(a) + len(b) for a, b in missing.values()))
    assert missing == {}
