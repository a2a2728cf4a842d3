"""Starting what is measured, waiting until it answers, and reading what it costs from /proc."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def machine_cpu_seconds() -> float:
    """Processor time that everything on this machine has used."""
    user, nice, system, _idle, _iowait, irq, softirq = (
        int(part) for part in Path("/proc/stat").read_text().split()[1:8]
    )
    return (user + nice + system + irq + softirq) / _TICKS_PER_SECOND


def environment(**more: str) -> dict[str, str]:
    """This environment without Listenlink's settings, and with `more`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LISTENLINK_")}
    return kept | more


class Measured(Protocol):
    """What a row is asked of, and what it costs: a server, or several at once."""

    @property
    def urls(self) -> list[str]: ...

    def cpu_seconds(self) -> float: ...

    def rss_mib(self) -> float: ...


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
        ticks = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                ticks += sum(int(part) for part in _stat(pid)[11:15])
        return ticks / _TICKS_PER_SECOND

    def rss_mib(self) -> float:
        """Resident memory of all its processes; what they share is counted in each."""
        pages = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * _PAGE_BYTES / 2**20


def _all_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name, which may hold blanks: [0] is the state."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _session_of(pid: int) -> int | None:
    try:
        return int(_stat(pid)[3])
    except OSError:
        return None
