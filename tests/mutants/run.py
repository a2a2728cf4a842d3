"""`make mutants`: break one line at a time, in a copy, and see that the tests named for it fail.

Each result is written at once to `build/mutants/results.jsonl`, and holds until the broken file or one of the
tests' files changes: a run that was stopped goes on where it was. Docs: CONTRIBUTING.md.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import queue
import re
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutants.listed import DoesNotApply, Mutant, mutate, read_areas
from mutants.tree import Tree

ROOT = Path(__file__).parents[2]
LEAST_KILLED = 0.9
WITHIN_SECONDS = 240.0
# pytest's own: all passed, some failed. Any other is about the tests, not about the mutant.
_PASSED, _FAILED = 0, 1
KILLED, SURVIVED, UNCLEAR, CALM = "killed", "survived", "unclear", "calm"
_SERVED = ("tests/journeys/", "tests/live/", "tests/browser/")
_FIRST_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Job:
    """A mutant to try; or, with none, tests to run on the unbroken copy, which all must pass."""

    name: str
    tests: tuple[str, ...]
    engines: str
    digest: str
    mutant: Mutant | None = None


class Results:
    """The results by job, in a file that only grows; the last line about a job counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._told: dict[str, dict[str, Any]] = {}
        for line in path.read_text().splitlines() if path.exists() else ():
            # The last line of a run that was killed may be half a line.
            with contextlib.suppress(json.JSONDecodeError):
                told = json.loads(line)
                self._told[told["name"]] = told

    def find(self, job: Job) -> dict[str, Any] | None:
        """The result of exactly this job, if it has a clear one."""
        told = self._told.get(job.name)
        return (
            told if told and told["digest"] == job.digest and told["outcome"] != UNCLEAR else None
        )

    def keep(self, job: Job, outcome: str, by: str, seconds: float) -> None:
        """Write a result down. `by` is the test that failed first, or what else pytest had to say."""
        told = {"name": job.name, "outcome": outcome, "by": by, "seconds": round(seconds, 1)}
        told["digest"] = job.digest
        with self._lock:
            self._told[job.name] = told
            with self._path.open("a") as file:
                file.write(json.dumps(told) + "\n")

    def outcome(self, name: str) -> tuple[str, str]:
        """How a job ended, and by what."""
        told = self._told.get(name, {"outcome": UNCLEAR, "by": "not run"})
        return told["outcome"], told["by"]


def _digest(root: Path, *said: object, files: Iterable[str]) -> str:
    found = hashlib.sha256(repr(said).encode())
    for name in sorted(set(files)):
        found.update((root / name).read_bytes())
    return found.hexdigest()[:16]


def plan(root: Path, mutants: Sequence[Mutant]) -> tuple[list[Job], list[Job]]:
    """The tests to run unbroken first, each once, and then the mutants."""
    everything = [str(path.relative_to(root)) for path in (root / "src").rglob("*.py")]
    source = _digest(root, files=everything)
    named = dict.fromkeys((test, mutant.engines) for mutant in mutants for test in mutant.tests)
    calm = []
    for test, engines in named:
        digest = _digest(root, source, files=[test.partition("::")[0]])
        calm.append(Job(f"{test} {engines}", (test,), engines, digest))
    jobs = []
    for mutant in mutants:
        files = [mutant.file, *(test.partition("::")[0] for test in mutant.tests)]
        digest = _digest(root, mutant.tests, mutant.engines, files=files)
        jobs.append(Job(mutant.name, mutant.tests, mutant.engines, digest, mutant))
    return calm, jobs


def do(tree: Tree, job: Job, results: Results) -> None:
    """Run one job in this tree, keep its result and print it."""
    began = time.monotonic()
    with tree.alive(job.mutant) if job.mutant else contextlib.nullcontext():
        code, said = tree.run(job.tests, job.engines, WITHIN_SECONDS)
    failed = _FIRST_FAILED.search(said)
    by = failed.group(1) if failed else " ".join(said.split()[-12:])
    outcome = UNCLEAR
    if code == _PASSED:
        outcome, by = (SURVIVED if job.mutant else CALM), ""
    elif code == _FAILED and job.mutant:
        outcome = KILLED
    by = "took too long" if code is None else by
    results.keep(job, outcome, by, time.monotonic() - began)
    said = f"{job.mutant.area}: {job.mutant.breaks}" if job.mutant else job.name
    print(f"{outcome:<9}{said}" + (f"\n         by {by}" if by else ""), flush=True)


def do_all(trees: Sequence[Tree], jobs: Sequence[Job], results: Results) -> None:
    """Do the jobs, one at a time in each tree; Ctrl-C ends them all."""
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    faults: list[BaseException] = []

    def work(tree: Tree) -> None:
        try:
            while not faults:
                do(tree, waiting.get_nowait(), results)
        except queue.Empty:
            return
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(tree,)) for tree in trees]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except BaseException as error:
        faults.append(error)
        for tree in trees:
            tree.stop()
        raise
    if faults:
        raise faults[0]


def report(mutants: Sequence[Mutant], results: Results) -> bool:
    """Print the survivors and the score of each area; whether all of it is as it should be."""
    listed = [mutant for mutant in mutants if mutant.survives]
    is_clear = True
    for mutant in mutants:
        outcome, by = results.outcome(mutant.name)
        if outcome == UNCLEAR:
            is_clear = False
            print(f"{mutant.name} is unclear ({by}): {mutant.describe()}")
        elif outcome == SURVIVED and not mutant.survives:
            print(f"{mutant.name} survived: {mutant.describe()}\n    {' '.join(mutant.tests)}")
        elif outcome == KILLED and mutant.survives:
            print(f"{mutant.name} is listed as a survivor, and was killed by {by}.")
    for mutant in listed:
        print(f"{mutant.name} is known to survive: {mutant.survives}")
    for area in dict.fromkeys(mutant.area for mutant in mutants):
        print(f"  {area:<16}{_score([one for one in mutants if one.area == area], results)}")
    killed = sum(results.outcome(mutant.name)[0] == KILLED for mutant in mutants)
    share = killed / len(mutants)
    print(f"{_score(mutants, results)}: {share:.1%}, where at least {LEAST_KILLED:.0%} are wanted")
    return is_clear and share >= LEAST_KILLED


def _score(mutants: Sequence[Mutant], results: Results) -> str:
    killed = sum(results.outcome(mutant.name)[0] == KILLED for mutant in mutants)
    return f"{killed} of {len(mutants)} killed"


def check(root: Path, mutants: Sequence[Mutant]) -> list[str]:
    """What is wrong with the lists: mutants that don't apply to the source as it is."""
    complaints = []
    for mutant in mutants:
        try:
            mutate((root / mutant.file).read_text(), mutant)
        except (DoesNotApply, OSError) as error:
            complaints.append(str(error))
    return complaints


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if enough mutants are killed; 1 if not, or if something is unclear; 2 if the lists are wrong."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--only", default="", help="areas, with commas between them")
    parser.add_argument("--again", action="store_true", help="forget earlier results")
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--root", type=Path, default=ROOT)
    parser.add_argument("--lists", type=Path, default=Path(__file__).parent)
    parser.add_argument("--package", default="listenlink")
    given = parser.parse_args(arguments)
    build = given.root / "build" / "mutants"
    build.mkdir(parents=True, exist_ok=True)
    mutants = read_areas(given.lists, filter(None, given.only.split(",")))
    if complaints := check(given.root, mutants):
        print("\n".join(complaints))
        return 2
    results = Results(build / "results.jsonl")
    calm, jobs = plan(given.root, mutants)
    trees = [Tree(given.root, build / str(number)) for number in range(given.at_once)]
    wanted = [job for job in calm + jobs if given.again or not results.find(job)]
    if wanted:
        make_trees(trees, given.package)
    unsound: set[str] = set()
    for later in (False, True):
        due = [job for job in wanted if starts_servers(job) is later]
        do_all(trees, [job for job in due if not job.mutant], results)
        unsound |= {job.tests[0] for job in due if not job.mutant and not results.find(job)}
        sound = [job for job in due if job.mutant and not unsound.intersection(job.tests)]
        do_all(trees, sound, results)
    for test in sorted(unsound):
        print(f"Fails without any mutant, so that nothing can be said by it: {test}")
    return 0 if report(mutants, results) and not unsound else 1


def starts_servers(job: Job) -> bool:
    """Whether any of its tests does, so that what needs none comes first."""
    return any(test.startswith(_SERVED) for test in job.tests)


def make_trees(trees: Sequence[Tree], package: str) -> None:
    """Make the copies, and see that they are what is imported."""
    for tree in trees:
        tree.make()
        if not tree.imports_from(package).is_relative_to(tree.root):
            raise RuntimeError(f"the copy in {tree.root} isn't what its environment imports")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
