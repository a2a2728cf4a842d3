"""`--help` answers at once, fits 80 columns and says every option in words, whatever the command."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

import fork_server
from cast import LISTENLINK, clean_environment
from listenlink.cli import app

# Of the processor: what it waits for others at work on this machine is none of it. On an idle one it's 0.3 s.
AT_ONCE_SECONDS = 0.9
TIMED = ["", "tracks", "collections", "collection", "links", "link", "keys", "share", "links edit"]


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*path, name))


ALL = dict(commands(typer.main.get_command(app)))


def processor_seconds() -> float:
    """What the processes took that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("command", TIMED)
def test_it_answers_at_once(command: str) -> None:
    took = []
    for _ in range(3):
        before = processor_seconds()
        done = subprocess.run(
            [*LISTENLINK, *command.split(), "--help"], env=clean_environment(), capture_output=True,
            check=False, timeout=60,
        )  # fmt: skip
        took.append(processor_seconds() - before)
        assert done.returncode == 0, done.stderr
        if took[-1] < AT_ONCE_SECONDS:
            return
    pytest.fail(f"listenlink {command} --help took {min(took):.2f} s of the processor")


def test_a_declaration_loads_nothing_of_what_a_command_does() -> None:
    script = (
        "import sys, listenlink.cli as cli\n"
        "try:\n    cli.app(['links', 'edit', '--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'httpx', 'msgspec', 'rich', 'segno', 'asyncio', 'ssl', 'listenlink.client'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=clean_environment(), capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_each_fits_and_says_every_option(path: tuple[str, ...]) -> None:
    done = fork_server.run((*path, "--help"), clean_environment() | {"COLUMNS": "80"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(" ".join(("Usage: listenlink", *path)))
    assert not re.search("[─│\x1b]|<bool>", done.stdout)
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert ALL[path].help
    for parameter in ALL[path].params:
        assert parameter.help or parameter.name == "help", parameter.name
