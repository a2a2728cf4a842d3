"""What the measuring child may not do, tried in real children; and what becomes of a bad child."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import pytest

from listenlink.media.measure import Measured, Probe, Refused
from listenlink.media.sandbox.lockdown import limit_seconds
from listenlink.media.turns import Turns
from media.make_audio import make
from media.sandboxed import children

pytestmark = pytest.mark.usefixtures("others")

TRY = """
import errno, os, socket
def attempt(action):
    try:
        action()
    except (OSError, MemoryError, ValueError) as error:
        return errno.errorcode.get(getattr(error, "errno", 0) or 0, type(error).__name__)
    return "allowed"
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    """The code, after the limits every child of ours sets on itself."""
    setup = "from listenlink.media.sandbox.lockdown import *\nimport signal\nlimit_process()\n"
    return subprocess.run(
        [sys.executable, "-I", "-c", TRY + setup + code],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_no_file_socket_or_pipe_can_be_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("another tenant's")
    found = run(
        f"""
import av
close_doors()
attempts = [
    lambda: open({str(secret)!r}),
    lambda: os.open("/proc/self/environ", os.O_RDONLY),
    lambda: os.open("/tmp/new", os.O_CREAT | os.O_WRONLY),
    lambda: socket.socket(),
    lambda: socket.socket(socket.AF_UNIX),
    os.pipe,
    lambda: av.open({str(secret)!r}),
    lambda: av.open("http://127.0.0.1:9/"),
]
print([attempt(action) for action in attempts])
print(attempt(os.fork), attempt(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9))))
"""
    )
    first, second = found.stdout.splitlines()
    results = first.strip("[]").replace("'", "").split(", ")
    assert results == ["EMFILE"] * 8
    assert second == "EAGAIN ValueError"  # Nor can a limit be taken back, by root either.


def test_no_network_even_before() -> None:
    """Best effort: a container may forbid namespaces; then the closed doors must do."""
    found = run('print(os.readlink("/proc/self/ns/net"), len(socket.if_nameindex()))')
    namespace, interfaces = found.stdout.split()
    if namespace == str(Path("/proc/self/ns/net").readlink()):
        pytest.skip("namespaces are forbidden here")
    assert int(interfaces) == 1


def test_no_writing(tmp_path: Path) -> None:
    path = str(tmp_path / "new")
    found = run(
        f"print(attempt(lambda: os.write(os.open({path!r}, os.O_CREAT | os.O_RDWR), b'x')))"
    )
    assert found.stdout.strip() == "EFBIG"


def test_memory_is_limited_with_the_libraries_in_it() -> None:
    found = run(
        """
import av
print(attempt(lambda: bytearray(300 * 1024 * 1024)))
print(attempt(lambda: bytearray(450 * 1024 * 1024)))
"""
    )
    assert found.stdout.split() == ["allowed", "MemoryError"]


def test_where_memory_runs_out_the_child_goes_first() -> None:
    assert run("print(open('/proc/self/oom_score_adj').read())").stdout.strip() == "1000"


def test_no_new_privileges_and_death_with_the_parent() -> None:
    found = run(
        """
number = ctypes.c_int()
ctypes.CDLL(None).prctl(2, ctypes.byref(number), 0, 0, 0)  # PR_GET_PDEATHSIG
print(number.value, [line for line in open("/proc/self/status") if "NoNewPrivs" in line])
"""
    )
    assert found.stdout.startswith("9 ['NoNewPrivs:\\t1")


@pytest.mark.parametrize(
    ("loop", "wall", "number"),
    [("pass", 1000, -24), ("signal.sigwait([10])", 1, -14)],
)
def test_a_timer_ends_a_loop_even_inside_a_library(loop: str, wall: int, number: int) -> None:
    """The real timers, with half a second in place of the 20, and a parent that ignores alarms: one counts
    what is computed, the other what is waited as well."""
    own = "Deadline.__init__.__globals__"
    spin = f"{own}['BASE_SECONDS'] = {{}}\n{own}['_WALL_FACTOR'] = {wall}\nDeadline()\nwhile True: {loop}"
    started_at = time.monotonic()
    found = run("signal.signal(signal.SIGALRM, signal.SIG_IGN)\n" + spin.format("Fraction(1, 2)"))
    assert found.returncode == number
    assert time.monotonic() - started_at < 20


def test_limits_grow_with_the_audio() -> None:
    assert limit_seconds(Fraction(0)) == 20
    assert limit_seconds(Fraction(240)) == 44
    assert limit_seconds(Fraction(7200)) == 180
    found = run(
        """
deadline = Deadline()
print(round(signal.getitimer(signal.ITIMER_REAL)[0]), *resource.getrlimit(resource.RLIMIT_CPU))
deadline.extend(Fraction(300))
print(round(signal.getitimer(signal.ITIMER_REAL)[0]), *resource.getrlimit(resource.RLIMIT_CPU))
deadline.extend(Fraction(9000))
print(round(signal.getitimer(signal.ITIMER_REAL)[0]), *resource.getrlimit(resource.RLIMIT_CPU))
"""
    )
    assert found.stdout.splitlines() == ["200 20 180", "500 50 180", "1800 180 180"]


def measure_with(path: Path, code: str, wall_seconds: float = 20) -> Measured | Refused:
    """The parent's side with a child that misbehaves."""
    probe = Probe(command=(sys.executable, "-I", "-c", code), wall_seconds=wall_seconds)
    with path.open("rb") as file:
        found = asyncio.run(probe.measure(file.fileno()))
    assert not children()
    return found


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("", "broken"),
        ("print('no JSON')", "broken"),
        ("print('{}')", "broken"),
        ("""print('{"reason": "<script>"}')""", "broken"),
        ("""print('{"format": "wav", "codec": "h264"}')""", "broken"),
        ("""print('{"format": "wav", "codec": "pcm_s16le", "sample_count": -1}')""", "broken"),
        ("print(b'\\xff')", "broken"),
        ("import os; os.write(1, b'\\xff\\xfe')", "broken"),
        ("while True: print('x' * 10_000)", "broken"),
        ("import os; os.abort()", "broken"),
        ("import os; os.kill(os.getpid(), 11)", "broken"),
        ("import os; os.kill(os.getpid(), 9)", "too_costly"),
        ("import os; os.kill(os.getpid(), 14)", "too_costly"),
        ("import os; os.kill(os.getpid(), 24)", "too_costly"),
        ("raise SystemExit(3)", "broken"),
    ],
)
def test_a_child_is_not_believed(code: str, reason: str, tmp_path: Path) -> None:
    assert measure_with(make("wav16", tmp_path / "x"), code) == Refused(reason)


def test_the_wall_limit_ends_child_and_grandchild(tmp_path: Path) -> None:
    code = "import os, time; os.fork(); time.sleep(60)"
    started_at = time.monotonic()
    found = measure_with(make("wav16", tmp_path / "x"), code, wall_seconds=0.3)
    assert found == Refused("too_costly")
    assert time.monotonic() - started_at < 5


def test_cancelling_ends_the_child(tmp_path: Path) -> None:
    async def cancel() -> None:
        probe = Probe(command=(sys.executable, "-I", "-c", "import time; time.sleep(60)"))
        with make("wav16", tmp_path / "x").open("rb") as file:
            task = asyncio.create_task(probe.measure(file.fileno()))
            while not children():
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not children()

    asyncio.run(cancel())


@pytest.mark.parametrize("users", [1, 6])
def test_no_more_than_two_at_once(users: int, tmp_path: Path) -> None:
    async def many() -> int:
        probe = Probe(Turns(2, 0) if users > 1 else Turns())
        with make("flac", tmp_path / "x").open("rb") as file:
            measuring = [
                asyncio.create_task(probe.measure(file.fileno(), number % users))
                for number in range(6)
            ]
            most = 0
            while not all(task.done() for task in measuring):
                most = max(most, len(children()))
                await asyncio.sleep(0.005)
        assert all(isinstance(task.result(), Measured) for task in measuring)
        return most

    assert asyncio.run(many()) == 2


def test_the_child_inherits_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTENLINK_SECRET", "s3cret")
    code = """
import os
print('{"reason": "%s"}' % ("empty" if set(os.environ) <= {"LC_CTYPE"} else "video"))
"""
    assert measure_with(make("wav16", tmp_path / "x"), code) == Refused("empty")
