"""Children that are started: what they're given, what becomes of them; and the loop goes on meanwhile."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest
import uvloop

from listenlink.media.sandbox.spawn import Child, spawn

PYTHON = sys.executable, "-I", "-c"
_LOOK = """
import os
found = []
for number in range(200):
    try:
        os.fstat(number)
    except OSError:
        continue
    found.append(number)
print(found)
"""
LOOPS = {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}


@pytest.fixture(params=LOOPS)
def runner(request: pytest.FixtureRequest) -> asyncio.Runner:
    return asyncio.Runner(loop_factory=LOOPS[request.param])


@pytest.fixture(params=["by descriptor", "by thread"])
def _ends(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to hear of an end: older kernels know one."""
    if request.param == "by thread":
        monkeypatch.delattr(os, "pidfd_open")


def descriptors() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


async def run(file: Path, *command: str) -> tuple[bytes, int, Child]:
    with file.open("rb") as opened:
        child = await spawn(command, opened.fileno(), (), 1000)
        return await child.communicate(), await child.wait(), child


@pytest.mark.usefixtures("_ends")
@pytest.mark.parametrize(
    ("program", "told", "code"),
    [
        ("print(input())", b"from the file\n", 0),
        # The interpreter sets one by itself.
        ("import os; print(*os.environ, os.getcwd(), os.getsid(0) == os.getpid())", b"LC_CTYPE / True\n", 0),
        ("import sys; sys.stdout.write('x' * 300_000)", b"x" * 300_000, 0),
        ("raise SystemExit(3)", b"", 3),
        ("import os; os.kill(os.getpid(), 9)", b"", -9),
        # It's heard of though it had closed what it writes to.
        ("import os, time; os.close(1); time.sleep(0.2); os._exit(4)", b"", 4),
    ],
)  # fmt: skip
def test_what_it_is_given_and_how_it_ended(
    runner: asyncio.Runner, tmp_path: Path, program: str, told: bytes, code: int
) -> None:
    file = tmp_path / "file"
    file.write_text("from the file\n")
    with runner:
        assert runner.run(run(file, *PYTHON, program))[:2] == (told, code)
        before = descriptors()
        # Nothing of them waits for the last one to be forgotten.
        ended = [runner.run(run(file, *PYTHON, program)) for _ in range(3)]
        runner.run(asyncio.sleep(0.01))
        assert descriptors() == before
        assert {one[:2] for one in ended} == {(told, code)}


def test_it_inherits_what_is_given_and_nothing_else(runner: asyncio.Runner, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    async def look() -> bytes:
        with file.open("rb") as opened, file.open("rb") as given, file.open("rb") as other:
            os.set_inheritable(other.fileno(), True)
            child = await spawn((*PYTHON, _LOOK), opened.fileno(), [given.fileno()], 1000)
            told = await child.communicate()
            return told.replace(b"%d" % given.fileno(), b"given")

    with runner:
        assert runner.run(look()) == b"[0, 1, 2, given]\n"


@pytest.mark.usefixtures("_ends")
def test_it_can_be_ended_and_is_gone(runner: asyncio.Runner, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    async def end() -> tuple[int, int]:
        with file.open("rb") as opened:
            child = await spawn(("/bin/sleep", "60"), opened.fileno(), (), 1000)
            assert child.returncode is None
            os.killpg(child.pid, signal.SIGKILL)
            await child.communicate()
            return child.pid, await child.wait()

    with runner:
        pid, code = runner.run(end())
        assert code == -signal.SIGKILL
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_what_is_no_program_leaves_nothing(runner: asyncio.Runner, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with runner:
        runner.run(asyncio.sleep(0))
        before = descriptors()
        with pytest.raises(FileNotFoundError):
            runner.run(run(file, str(tmp_path / "nothing")))
        assert descriptors() == before


def test_the_loop_goes_on_however_large_the_process_is(tmp_path: Path) -> None:
    """The loop's own way copies what describes its memory, in which time nothing else is done."""
    file = tmp_path / "file"
    file.touch()
    # Written, so that it's there.
    ballast = bytearray(os.urandom(4096) * (100 * 256))

    async def compare() -> tuple[float, float]:
        ours, theirs = [], []
        with file.open("rb") as opened:
            for _ in range(10):
                began = time.perf_counter()
                child = await spawn(("/bin/true",), opened.fileno(), (), 1000)
                ours.append(time.perf_counter() - began)
                await child.communicate()
                began = time.perf_counter()
                other = await asyncio.create_subprocess_exec("/bin/true", stdin=opened, stdout=-1)
                theirs.append(time.perf_counter() - began)
                await other.communicate()
        return min(ours), min(theirs)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        ours, theirs = runner.run(compare())
    print(f"{ours * 1000:.2f} ms, {theirs * 1000:.2f} ms")
    assert len(ballast) > 100_000_000
    assert ours < theirs / 2
