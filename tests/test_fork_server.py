"""What is forked from a process with the program loaded does and says what a started program does."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from pathlib import Path

import pytest

from cast import Server, run_cli, run_forked
from fork_server import Forked
from listenlink.media.measure import CHILD_COMMAND
from listenlink.media.preview import _COMMAND as PREVIEW_COMMAND
from listenlink.media.sandbox import child
from media.make_audio import make

PROC = Path("/proc")


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


async def _ask_all(folder: Path) -> list[tuple[bytes, int]]:
    paths = [make("flac", folder / "a.flac", sample_count=20_000), folder / "text"]
    paths[1].write_text("This is no audio.")
    told = []
    for path in paths:
        with path.open("rb") as file:
            told += [await child.run_child([*CHILD_COMMAND, "60"], file, 1000)]
    with paths[0].open("rb") as file:
        told += [await child.run_child([*CHILD_COMMAND, "no number"], file, 1000)]
    return told


async def _look_at_child(folder: Path) -> dict[str, object]:
    """What is to be seen of a child that waits for what it's to draw."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as file, (folder / "given").open("w") as given:
        asked = child._child(PREVIEW_COMMAND, file, [given.fileno()])
        async with asyncio.timeout(60), asked as running:
            at = PROC / str(running.pid)
            while "Max open files            0" not in (at / "limits").read_text():
                await asyncio.sleep(0.02)
            status = (at / "status").read_text()
            seen = {
                "limits": (at / "limits").read_text(),
                "environment": (at / "environ").read_bytes(),
                "given": (at / "fd" / str(given.fileno())).readlink(),
                "descriptors": sorted(
                    str(link.readlink()).partition(":")[0] for link in (at / "fd").iterdir()
                ),
                "own ids": "Uid:\t0" not in status,
                "status": re.findall("(?:NoNewPrivs|Sig...|Threads|Cap...):.*", status),
                "session": os.getsid(running.pid) == running.pid,
                "folder": (at / "cwd").readlink(),
            }
        os.close(writing)
    with pytest.raises(ProcessLookupError):
        os.kill(running.pid, 0)
    return seen | {"code": running.returncode}


async def test_a_forked_child_says_what_a_started_one_does(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    started = await _ask_all(tmp_path)
    request.getfixturevalue("forked_children")
    assert await _ask_all(tmp_path) == started
    assert [code for _, code in started] == [0, 0, 0]


async def test_a_forked_child_is_shut_in_as_a_started_one(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    started = await _look_at_child(tmp_path)
    request.getfixturevalue("forked_children")
    forked = await _look_at_child(tmp_path)
    assert forked == started
