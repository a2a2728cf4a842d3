"""`make bench`: set up, measure in interleaved rounds, print one table, write RESULTS.md.

python bench/run.py [--quick | --links | --full | --nodes]
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nodes
import peers_up
from compared import put_into_readme
from load import Row
from rows import Bench, say
from table import Facts, render, write_results
from targets import UNDER_LOAD

HERE = Path(__file__).parent
_PATH = os.environ.get("PATH", "") + ":/usr/sbin"
_ROUNDS, _SECONDS, _WARM_UP_SECONDS = 5, 3, 2
_TRIES = 3
_QUICK_ROUNDS, _QUICK_SECONDS, _QUICK_WARM_UP_SECONDS = 2, 2, 1


def main() -> None:
    """The whole benchmark."""
    asked = read_arguments()
    # Servers that were started are stopped, whatever ends this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: stopped"))
    began = time.monotonic()
    install_programs()
    # What was measured isn't lost because a folder can't be removed.
    named = tempfile.TemporaryDirectory(prefix="listenlink-bench-", ignore_cleanup_errors=True)
    with named as folder:
        bench = Bench(Path(folder), asked)
        try:
            bench.set_up()
            rounds, seconds = measure(bench, asked.quick)
            tell_memory_and_vacuum(bench)
        finally:
            bench.stop()
    facts = Facts(
        command=command_of(asked),
        rounds=rounds,
        seconds=seconds,
        took_minutes=(time.monotonic() - began) / 60,
        versions=find_versions() | bench.versions,
        singles=bench.singles,
        figures=bench.figures,
        absent=bench.absent,
        verdicts=bench.verdicts,
        tables=bench.tables,
    )
    results = render(bench.rows, facts)
    print(results)
    if asked.nodes or asked.quick:
        return
    write_results(HERE / "RESULTS.md", results, facts)
    put_into_readme()
    say(f"written to bench/RESULTS.md and README.md after {facts.took_minutes:.1f} minutes")


def read_arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="fewer rows and rounds, written nowhere")
    size.add_argument(
        "--nodes", action="store_true", help="the rows of PostgreSQL, written nowhere"
    )
    size.add_argument("--links", action="store_true", help="the row of 10⁷ links as well")
    size.add_argument(
        "--full",
        action="store_true",
        help="that, 10⁷ audit lines, and what owners' pages take there",
    )
    return parser.parse_args()


def command_of(asked: argparse.Namespace) -> str:
    """What was asked for, as it's typed."""
    if asked.nodes:
        return "python bench/run.py --nodes"
    sizes = {" QUICK=1": asked.quick, " LINKS=1": asked.links, " FULL=1": asked.full}
    return "make bench" + "".join(size for size, is_asked in sizes.items() if is_asked)


def install_programs() -> None:
    """wrk and nginx: installed as root on Debian, else named. Nothing goes without wrk."""
    missing = [name for name in ("wrk", "nginx") if shutil.which(name, path=_PATH) is None]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"installing {' '.join(missing)}")
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-qq"], ["install", "-y", "-qq", *missing]):
            subprocess.run(
                ["apt-get", *command], env=quiet, stdout=subprocess.DEVNULL, timeout=300, check=True
            )
    elif missing:
        say(f"please install {' '.join(missing)}; rows that need it are left out")
    if shutil.which("wrk") is None:
        sys.exit("bench: without wrk nothing can be measured")


def measure(bench: Bench, is_quick: bool) -> tuple[int, int]:
    """Every row once in each round, so that what changes in the machine meets all rows alike. A void sample
    is taken again, a few times, and then given up: a row of which less than half is left has no figures.

    Returns the rounds and their seconds.
    """
    rounds, seconds = (_QUICK_ROUNDS, _QUICK_SECONDS) if is_quick else (_ROUNDS, _SECONDS)
    say("warming up")
    for row in bench.rows.values():
        row.warm_up(_QUICK_WARM_UP_SECONDS if is_quick else _WARM_UP_SECONDS)
    # What trickles in for one row ends before the next, also where that is in the next round.
    before: Row | None = None
    for number in range(1, rounds + 1):
        say(f"round {number} of {rounds}, {len(bench.rows)} rows of {seconds:g} s")
        for row in bench.rows.values():
            if before is not None and before.steady is not None and before.steady is not row.steady:
                before.steady.end()
            for _ in range(_TRIES):
                if not (void := row.take_sample(seconds, bench.cpu_seconds)):
                    break
                say(f"{row.label}: {void}")
            before = row
    if before is not None and before.steady is not None:
        before.steady.end()
    for row in bench.rows.values():
        if len(row.samples) * 2 < rounds:
            row.samples.clear()
    return rounds, seconds


def tell_memory_and_vacuum(bench: Bench) -> None:
    """The most that Listenlink had in memory while its own rows were measured, and what PostgreSQL spent on
    cleaning up."""
    rows = [row for row in bench.rows.values() if row.server is bench.ours and row.samples]
    if rows:
        most = max(rows, key=lambda row: row.median("pss_mib"))
        bench.singles[UNDER_LOAD] = most.median("pss_mib")
        told = f"{bench.singles[UNDER_LOAD]:.0f} MiB ({most.label}, {most.connections} connections)"
        bench.figures["memory under load, the most of all rows"] = told
    if bench.moved is not None:
        told = nodes.vacuum_seconds(*bench.moved)
        bench.figures["PostgreSQL's autovacuum and analyze, over the whole run"] = told


def find_versions() -> dict[str, str]:
    """Who took part."""
    versions = {"Listenlink": importlib.metadata.version("listenlink")}
    versions["Python"] = ".".join(map(str, sys.version_info[:3]))
    versions["granian"] = importlib.metadata.version("granian")
    for name, option in (("wrk", "-v"), ("nginx", "-v")):
        program = shutil.which(name, path=_PATH)
        if program is not None:
            done = subprocess.run([program, option], capture_output=True, text=True, check=False)
            found = re.search(r"\d+\.\d+\.\d+", done.stdout + done.stderr)
            versions[name] = found.group() if found else "?"
    return versions | peers_up.find_versions()


if __name__ == "__main__":
    main()
