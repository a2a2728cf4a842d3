"""Starting what is measured, waiting until it answers, and reading what it costs from /proc."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from moments import TICKS_PER_SECOND


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    """This environment without Listenlink's settings, and with `more`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LISTENLINK_")}
    return kept | more


class Measured(Protocol):
    """What a row is asked of, and what it costs: a server, or several at once."""

    @property
    def urls(self) -> list[str]: ...

    def cpu_seconds(self) -> float: ...

    def threads_cpu_seconds(self, names: Collection[str]) -> float: ...

    def pss_mib(self) -> float: ...


@dataclass
class Served:
    """A server in a session of its own, so that its processes are known by it."""

    name: str
    command: list[str]
    folder: Path
    port: int
    ready_path: str = "/"
    settings: dict[str, str] = field(default_factory=dict)
    ready_seconds: float = 60.0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def urls(self) -> list[str]:
        """Where it answers, for who asks several."""
        return [self.url]

    def start(self) -> float:
        """Start it; the seconds until it answered. Raises RuntimeError with the end of its log."""
        self.folder.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = self._spawn(log)
        while time.monotonic() < began + self.ready_seconds and self.process.poll() is None:
            if self._answers():
                return time.monotonic() - began
            time.sleep(0.005)
        said = (self.folder / f"{self.name}.log").read_text(errors="replace")[-500:]
        self.stop()
        raise RuntimeError(f"{self.name} didn't start: {said}")

    def _spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command,
            cwd=self.folder,
            env=environment(**self.settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url + self.ready_path, timeout=5):
                return True
        except urllib.error.HTTPError as answer:
            return answer.code < 500
        except OSError:
            return False

    def stop(self) -> None:
        """Interrupt it, wait, and kill what is left of its session."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(15)
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(10)
        self.process = None

    def pids(self) -> list[int]:
        """Every process of its session."""
        if self.process is None:
            return []
        return [pid for pid in _all_pids() if _session_of(pid) == self.process.pid]

    def cpu_seconds(self) -> float:
        """Processor time used so far, user and system, of all its processes."""
        return sum(_cpu_seconds(Path(f"/proc/{pid}/stat"), 4) for pid in self.pids())

    def threads_cpu_seconds(self, names: Collection[str]) -> float:
        """The same of those threads that bear one of these names."""
        return sum(
            _cpu_seconds(thread / "stat", 2)
            for pid in self.pids()
            for thread in Path(f"/proc/{pid}/task").glob("*")
            if _name_of(thread) in names
        )

    def pss_mib(self) -> float:
        """The memory of all its processes, by the sum of their PSS: what several share is split between
        them, so that nothing is counted twice."""
        return sum(map(_pss_kib, self.pids())) / 1024


def _cpu_seconds(stat: Path, fields: int) -> float:
    """Processor time of what has this /proc/…/stat, 0 if it's gone: two fields are its own, user and system,
    and the next two are those of its children that have ended."""
    try:
        return sum(map(int, _fields(stat)[11 : 11 + fields])) / TICKS_PER_SECOND
    except OSError:
        return 0.0


def _name_of(thread: Path) -> str:
    try:
        return (thread / "comm").read_text().strip()
    except OSError:
        return ""


def _pss_kib(pid: int) -> int:
    """Of a process that made itself unreadable only root learns it."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found.group(1)) if found else 0


def _all_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _fields(stat: Path) -> list[str]:
    """The fields of a /proc/…/stat after the name, which may hold blanks: [0] is the state."""
    return stat.read_text().rpartition(")")[2].split()


def _session_of(pid: int) -> int | None:
    try:
        return int(_fields(Path(f"/proc/{pid}/stat"))[3])
    except OSError:
        return None
