"""`make trust`: run the checks at full size, and write what came of them into `docs/trust.md`.

`ONLY=K7,K9` runs these, whatever is known of them. Without it, each command is run that wasn't yet, that
didn't pass, or whose result is older than the program or its tests: a run that was stopped goes on where it
was. AGAIN=1 runs everything. SEED=… is what chance begins with; otherwise it's another each time. WRITE=1
writes the page alone.

A command has nine minutes. Docs: CONTRIBUTING.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trust.checked import Check, Command, read_checks
from trust.figures import FILE, SEED
from trust.page import FAILING, NOT_RUN, judge, write_page
from trust.results import (
    FAILED,
    NOTHING,
    PASSED,
    UNFINISHED,
    Figure,
    Result,
    Results,
    join_figures,
    replace,
)  # fmt: skip

ROOT = Path(__file__).parents[2]
# With what it takes to tidy up, nine minutes.
WITHIN_SECONDS, _SECONDS_TO_TIDY_UP = 510.0, 30.0
# What fails is told as that, and not tried again.
_PLUGINS = ("-pno:cacheprovider", "-pno:rerunfailures")
_PAGE, _KEPT = Path("docs/trust.md"), Path("docs/trust.json")


def digest(root: Path, command: Command) -> str:
    """Of all that the command's result depends on: the program, its dependencies and these tests."""
    files = [*(root / "src").rglob("*.py"), root / "requirements.lock"]
    files += [root / test.partition("::")[0] for test in command.tests]
    found = hashlib.sha256(command.name.encode())
    for path in sorted(set(files)):
        found.update(str(path.relative_to(root)).encode() + b"\0")
        found.update(path.read_bytes() if path.is_file() else b"")
    return found.hexdigest()[:16]


def run(root: Path, command: Command, seed: int, within_seconds: float = WITHIN_SECONDS) -> Result:
    """Run the command. Ctrl-C ends it, and is raised again."""
    kept = {name: value for name, value in os.environ.items() if name[:11] != "LISTENLINK_"}
    # As it is when it begins: others may change it meanwhile.
    now, began = datetime.now(UTC), time.monotonic()
    about = (f"{now:%Y-%m-%d}", commit(root), seed, digest(root, command))
    with tempfile.TemporaryDirectory(prefix="listenlink-trust-") as folder:
        told = Path(folder) / "told"
        told.touch()
        given = {
            "LISTENLINK_TEST_FULL": "1", "LISTENLINK_TEST_ENGINES": command.engines, SEED: str(seed),
            FILE: str(told),
        }  # fmt: skip
        running = subprocess.Popen(
            [
                sys.executable, "-m", "pytest", "-q", "--tb=short", *_PLUGINS,
                f"--hypothesis-seed={seed}", f"--basetemp={folder}/tests", *command.tests,
            ],
            cwd=root, env=kept | given, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            code = running.wait(timeout=within_seconds)
        except (subprocess.TimeoutExpired, KeyboardInterrupt) as error:
            _end(running)
            if isinstance(error, KeyboardInterrupt):
                raise
            code = None
        lines = [json.loads(line) for line in told.read_text().splitlines()]
    seconds = round(time.monotonic() - began, 1)
    return _result(lines, code, seconds, *about)


def _end(running: subprocess.Popen[bytes]) -> None:
    """Have the tests end as by Ctrl-C, so that they stop the servers that they started; or else kill them."""
    running.send_signal(signal.SIGINT)
    try:
        running.wait(timeout=_SECONDS_TO_TIDY_UP)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def _result(
    lines: Sequence[dict[str, Any]], code: int | None, seconds: float, *about: Any
) -> Result:
    ended = {line["test"]: line for line in lines if "ended" in line}
    by = {
        how: {_short(test): line["why"] for test, line in ended.items() if line["ended"] == how}
        for how in ("passed", "failed", "skipped")
    }
    figures = join_figures(Figure(**line) for line in lines if "what" in line)
    if code is None:
        outcome = UNFINISHED
    elif code == 0:
        outcome = PASSED if by["passed"] else NOTHING
    else:
        outcome = FAILED
    tests = len(by["passed"]) + len(by["failed"])
    return Result(outcome, tests, by["failed"], by["skipped"], figures, seconds, *about)


def _short(test: str) -> str:
    return test.removeprefix("tests/")


def commit(root: Path) -> str:
    """What is checked out, with a + where the program or the tests aren't as they are in it."""
    asked = ["git", "-C", str(root)]
    head = subprocess.run(
        [*asked, "rev-parse", "--short=7", "HEAD"], capture_output=True, text=True
    )
    if head.returncode:
        return "unknown"
    changed = subprocess.run(
        [*asked, "status", "--porcelain", "--", "src", "tests", "requirements.lock"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")


def choose(
    root: Path, checks: Sequence[Check], results: Results, only: Sequence[str], again: bool
) -> list[tuple[Check, Command]]:
    """What is due. Raises ValueError for a check that there isn't."""
    if unknown := set(only) - {check.id for check in checks}:
        raise ValueError(f"no such check: {', '.join(sorted(unknown))}")
    due = []
    for check in checks:
        for command in check.commands:
            known = results.find(check, command)
            is_fresh = known and known.outcome == PASSED and known.digest == digest(root, command)
            if check.id in only or (not only and (again or not is_fresh)):
                due.append((check, command))
    return due


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if no check fails and all were run; else 1."""
    parser = argparse.ArgumentParser(prog="make trust", description=__doc__)
    parser.add_argument("--only", default="", help="checks, with commas between them")
    parser.add_argument("--again", action="store_true", help="also what is known")
    parser.add_argument("--write", action="store_true", help="run nothing, write the page")
    parser.add_argument("--seed", type=int, help="what chance begins with")
    parser.add_argument("--within", type=float, default=WITHIN_SECONDS, help="seconds of a command")
    parser.add_argument("--root", type=Path, default=ROOT)
    parser.add_argument("--table", type=Path, default=Path(__file__).with_name("checks.toml"))
    given = parser.parse_args(arguments)
    checks, results = read_checks(given.table), Results(given.root / _KEPT)
    only = list(filter(None, given.only.split(",")))
    due = [] if given.write else choose(given.root, checks, results, only, given.again)
    seeds = {check.id: random.SystemRandom().randrange(10**9) for check in checks}
    for number, (check, command) in enumerate(due, 1):
        print(f"\n{check.id} ({number} of {len(due)}): {command.name}", flush=True)
        seed = seeds[check.id] if given.seed is None else given.seed
        results.keep(check, command, run(given.root, command, seed, given.within))
        replace(given.root / _PAGE, write_page(checks, results))
    results.write()
    replace(given.root / _PAGE, write_page(checks, results))
    stand = {check.id: judge(check, results.of(check)) for check in checks}
    for name, (outcome, reasons) in stand.items():
        print(f"{name:<5}{outcome}" + (f": {'; '.join(reasons)}" if reasons else ""))
    return int(any(outcome in (FAILING, NOT_RUN) for outcome, _ in stand.values()))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
