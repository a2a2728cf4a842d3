"""The program's commands, run to their end: each started, or forked from what has the program loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import fork_server

LISTENLINK = [sys.executable, "-m", "listenlink"]


def clean_environment(**settings: str) -> dict[str, str]:
    """This environment without any LISTENLINK_ setting but the given ones."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LISTENLINK_")}
    return kept | {f"LISTENLINK_{name}": value for name, value in settings.items()}


def run_cli(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end, as a program that is started."""
    return run_program(arguments, clean_environment(**settings))


def run_forked(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end, forked: the same to what it does and says, in a tenth of the time."""
    return fork_server.run(arguments, clean_environment(**settings))


def run_program(
    arguments: Sequence[str], environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end, in just this environment."""
    return subprocess.run(
        [*LISTENLINK, *arguments], env=environment,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
