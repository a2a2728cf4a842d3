"""`make bench`: set up, measure in interleaved rounds, print one table, write RESULTS.md.

python bench/run.py [--quick | --full | --nodes]
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import peers_up
from rows import Bench, say
from serve import machine_cpu_seconds
from table import Facts, render, write_results

HERE = Path(__file__).parent
_PATH = os.environ.get("PATH", "") + ":/usr/sbin"
_ROUNDS, _SECONDS, _WARM_UP_SECONDS = 5, 3, 2
_QUICK_ROUNDS, _QUICK_SECONDS, _QUICK_WARM_UP_SECONDS = 2, 2, 1


def main() -> None:
    """The whole benchmark."""
    asked = read_arguments()
    began = time.monotonic()
    install_programs()
    with tempfile.TemporaryDirectory(prefix="listenlink-bench-") as folder:
        bench = Bench(Path(folder), asked.quick, asked.full, asked.nodes)
        try:
            bench.set_up()
            rounds, seconds, others_share = measure(bench, asked.quick)
        finally:
            bench.stop()
    facts = Facts(
        command=command_of(asked),
        rounds=rounds,
        seconds=seconds,
        took_minutes=(time.monotonic() - began) / 60,
        others_share=others_share,
        versions=find_versions() | bench.versions,
        figures=bench.figures,
        absent=bench.absent,
    )
    results = render(bench.rows, facts)
    print(results)
    if asked.nodes:
        return
    write_results(HERE / "RESULTS.md", results, facts)
    say(f"written to bench/RESULTS.md after {facts.took_minutes:.1f} minutes")


def read_arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="fewer rows and rounds, under 3 minutes")
    size.add_argument(
        "--nodes", action="store_true", help="the rows of PostgreSQL, written nowhere"
    )
    size.add_argument("--full", action="store_true", help="10⁷ links and audit lines as well")
    return parser.parse_args()


def command_of(asked: argparse.Namespace) -> str:
    """What was asked for, as it's typed."""
    if asked.nodes:
        return "python bench/run.py --nodes"
    return "make bench" + (" QUICK=1" if asked.quick else " FULL=1" if asked.full else "")


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


def measure(bench: Bench, is_quick: bool) -> tuple[int, int, float]:
    """Every row once in each round, so that what changes in the machine meets all rows alike.

    Returns the rounds, their seconds, and the share of the processors that strangers used meanwhile.
    """
    rounds, seconds = (_QUICK_ROUNDS, _QUICK_SECONDS) if is_quick else (_ROUNDS, _SECONDS)
    say("warming up")
    for row in bench.rows.values():
        row.warm_up(_QUICK_WARM_UP_SECONDS if is_quick else _WARM_UP_SECONDS)
    began, everybody, ourselves = time.monotonic(), machine_cpu_seconds(), own_cpu_seconds(bench)
    for number in range(1, rounds + 1):
        say(f"round {number} of {rounds}, {len(bench.rows)} rows of {seconds:g} s")
        for row in bench.rows.values():
            row.samples.append(row.run(seconds))
    others = machine_cpu_seconds() - everybody - (own_cpu_seconds(bench) - ourselves)
    return rounds, seconds, max(0.0, others) / (time.monotonic() - began) / (os.cpu_count() or 1)


def own_cpu_seconds(bench: Bench) -> float:
    """Processor time of this process, of wrk, and of every server."""
    return sum(os.times()[:4]) + sum(server.cpu_seconds() for server in bench.servers)


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
