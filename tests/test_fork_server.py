"""What is forked from a process with the program loaded does and says what a started program does."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from cast import Server, run_cli, run_forked
from fork_server import Forked


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["--version"], 0), (["audit", "--dat"], 2), (["audit", "--data", "/nonexistent"], 1)],
    ids=["it works", "no such option", "no instance"],
)
def test_a_forked_command_says_what_a_started_one_does(arguments: list[str], status: int) -> None:
    started, forked = run_cli(*arguments), run_forked(*arguments)
    assert (forked.returncode, started.returncode) == (status, status)
    assert (forked.stdout, forked.stderr) == (started.stdout, started.stderr)


def test_settings_are_those_that_are_given(tmp_path: Path) -> None:
    told = run_forked("audit", DATA=str(tmp_path / "none"), LOG_LEVEL="nonsense")
    assert told.returncode == 1
    assert "LOG_LEVEL" in told.stderr


def test_a_forked_server_is_a_process_of_its_own(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.create()
    server.start()
    process = server.process
    assert isinstance(process, Forked)
    assert os.getsid(process.pid) == process.pid != os.getsid(0)
    assert process.poll() is None
    server.kill()
    assert process.returncode == -signal.SIGKILL
    server.start()
    again = server.process
    server.stop()
    assert again is not None
    assert again.returncode == 0
