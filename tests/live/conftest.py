"""Fixtures: an instance to break, and commands given in this very process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from cast import run_forked
from listenlink import cli
from listenlink.cli.listening import ListeningServer
from listenlink.cli.starting import check_startable
from listenlink.settings import load_settings
from live.refusals import one_line


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance that nothing is wrong with."""
    folder = tmp_path_factory.mktemp("whole") / "data"
    made = run_forked("init", "--data", str(folder))
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture
def data(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, in the folder where commands are given."""
    for name in [name for name in os.environ if name.startswith("LISTENLINK_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(whole, tmp_path / "data"))


def check_as_worker(server: ListeningServer) -> None:
    """What the first worker does before anything else, in this process."""
    check_startable(load_settings())
    pytest.fail("it serves")


@pytest.fixture
def refused(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Give a command in this very process, which is a lot faster, and return its line. It serves nothing."""

    def run(*command: str, status: int = 1, **settings: str) -> str:
        for name in [name for name in os.environ if name.startswith("LISTENLINK_")]:
            monkeypatch.delenv(name)
        for name, value in settings.items():
            monkeypatch.setenv(f"LISTENLINK_{name}", value)
        monkeypatch.setattr(sys, "argv", ["listenlink", *command])
        monkeypatch.setattr(ListeningServer, "serve", check_as_worker)
        # What is served is told to workers by the environment, which is that of the tests here.
        with patch.dict(os.environ), pytest.raises(SystemExit) as ended:
            cli.main()
        told = capfd.readouterr()
        code = int(ended.value.code or 0)
        done = subprocess.CompletedProcess(command, code, told.out, told.err)
        return one_line(done, status)

    return run
