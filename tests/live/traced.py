"""The system calls of a running server, as strace tells them, and as it makes them fail."""

from __future__ import annotations

import contextlib
import functools
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from cast import Server

_LINE = re.compile(r"^(?P<thread>\d+) +(?P<at>\d+\.\d+) (?:<\.\.\. )?(?P<name>\w+)(?P<rest>.*)$")
_TOOK = re.compile(r"<(\d+\.\d+)>$")
_RETURNED = re.compile(r"\) += (-?\d+)")


class Call(NamedTuple):
    """A system call: its name, what strace shows behind it, when it began and returned in seconds of the
    clock, and what it returned."""

    name: str
    arguments: str
    began_at: float
    ended_at: float
    returned: int


@functools.cache
def can_trace() -> bool:
    """Whether strace is here and may look into other processes."""
    if shutil.which("strace") is None:
        return False
    sleeping = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        looking = ["strace", "-f", "-o", "/dev/null", "-p", str(sleeping.pid)]
        with subprocess.Popen(looking, stderr=subprocess.PIPE, text=True) as tracing:
            assert tracing.stderr is not None
            said = tracing.stderr.readline()
            tracing.send_signal(signal.SIGINT)
        return "attached" in said
    finally:
        sleeping.kill()
        sleeping.wait()


needs_strace = pytest.mark.skipif(
    not can_trace(),
    reason="strace isn't here or may not trace: that needs root, and SYS_PTRACE in a container",
)


@contextlib.contextmanager
def tracing(server: Server, to: Path, *options: str) -> Iterator[None]:
    """While the block runs, strace writes into `to` what all of the server's threads do."""
    assert server.process is not None
    processes = psutil.Process(server.process.pid).children(recursive=True)
    numbers = [server.process.pid, *(one.pid for one in processes)]
    attached = [f"--attach={number}" for number in numbers]
    to.touch()
    looking = ["strace", "-f", "-ttt", "-T", "-y", "-s", "64", "-o", str(to), *options, *attached]
    with subprocess.Popen(looking, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        for _ in numbers:
            assert "attached" in running.stderr.readline()
        try:
            yield
            time.sleep(0.1)
        finally:
            running.send_signal(signal.SIGINT)
            # It says which it lets go; nobody else reads that.
            running.stderr.read()


def read_calls(path: Path) -> list[Call]:
    """All calls that returned, by when they did."""
    begun: dict[str, tuple[float, str]] = {}
    calls = []
    for line in path.read_text(errors="replace").splitlines():
        found = _LINE.match(line)
        if found is None:
            continue
        at, rest = float(found["at"]), found["rest"]
        if rest.endswith("<unfinished ...>"):
            begun[found["thread"]] = at, rest
            continue
        took, returned = _TOOK.search(rest), _RETURNED.search(rest)
        if took is None or returned is None:
            continue
        began_at, arguments = at, rest
        if rest.startswith(" resumed>"):
            began_at, before = begun.pop(found["thread"], (at, ""))
            arguments = before + rest
        ended_at = began_at + float(took.group(1))
        calls.append(Call(found["name"], arguments, began_at, ended_at, int(returned.group(1))))
    return sorted(calls, key=lambda call: call.ended_at)
