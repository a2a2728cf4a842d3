"""`--help` answers at once, fits 80 columns and says every option in words, whatever the command."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from cast import LISTENLINK, clean_environment
from listenlink import cli

# Of the processor: what it waits for others at work on this machine is none of it. On an idle one it's 0.3 s.
AT_ONCE_SECONDS = 0.9
TIMED = ["", "tracks", "collections", "collection", "links", "link", "keys", "share", "links edit"]


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*path, name))


COMMAND = typer.main.get_command(cli.app)
ALL = dict(commands(COMMAND))


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


def tell_help(
    path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> str:
    """What it says, which is all that it does."""
    for name in os.environ.keys() - clean_environment().keys():
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "argv", ["listenlink", *path, "--help"])
    # Made anew of every command's signature, it would take longer than all else.
    monkeypatch.setattr(typer.main, "get_command", lambda _app: COMMAND)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    told = capfd.readouterr()
    assert (ended.value.code or 0, told.err) == (0, "")
    return told.out


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_each_fits_and_says_every_option(
    path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """In this very process: `--help` does nothing but say it, and the test above starts some."""
    told = tell_help(path, monkeypatch, capfd)
    assert told.startswith(" ".join(("Usage: listenlink", *path)))
    assert not re.search("[─│\x1b]|<bool>", told)
    assert max(map(len, told.splitlines())) <= 80
    assert ALL[path].help
    for parameter in ALL[path].params:
        assert parameter.help or parameter.name == "help", parameter.name
