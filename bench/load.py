"""One run of wrk against one server, and what it cost that server."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from moments import Quiet, judge, look
from serve import Measured
from steady import Steady

_LUA = Path(__file__).parent / "lua"
_MOST_OTHER_SHARE = 0.01
_MOST_WARM_UP_SECONDS = 25
# What adds up more than comes in isn't in the steady state: it took a moment for quiet, and catches up.
_MOST_PACE = 1.5
# While lines are put in, and for what is then on its way to be done.
_FILLING_SECONDS = 6
# Threads that keep house (`listenlink/threads.py`): they add opens up, and write the log into the database.
HOUSE = ("writer", "reader", "house", "database")
# Of answers' bytes: what their heads and what is on its way at the end come to.
_MOST_HEAD_BYTES = 4096


@dataclass(frozen=True)
class Sample:
    """One round. Times as their names say; `other` is the share of answers that weren't as expected,
    `kept_pace` how many opens were added up, of those that came in, and `house_us` what keeping house cost,
    by request."""

    requests_per_second: float
    bytes_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    pss_mib: float
    other: float
    house_us: float
    kept_pace: float
    quiet: Quiet


@dataclass
class Row:
    """One line of the table. `refused`: the answers are meant to be 4xx. `clients`: so many addresses
    are to be known to the server before the rounds, or they'd measure the naming of new ones. `steady`: the
    server adds up meanwhile. `body_bytes`: how long an answer is, of audio."""

    key: str
    label: str
    server: Measured
    script: str
    arguments: Callable[[], list[str]]
    connections: int = 64
    refused: bool = False
    compare_to: str | None = None
    body_bytes: int = 0
    clients: int = 0
    steady: Steady | None = None
    samples: list[Sample] = field(default_factory=list)
    void: list[str] = field(default_factory=list)

    def take_sample(self, seconds: int, ours: Callable[[], float]) -> str:
        """Load the server for so long, and keep what came of it; why it's void, empty if it isn't."""
        if self.steady is not None and not self.steady.is_there:
            with ThreadPoolExecutor(1) as beside:
                loading = beside.submit(self.load, _FILLING_SECONDS)
                self.steady.begin()
                loading.result()
        sample = self._measure(seconds, ours)
        void = sample.quiet.void
        if self.steady is not None and sample.kept_pace > _MOST_PACE:
            void = void or f"more was added up than came in, {sample.kept_pace:.1f} times"
            self.steady.end()
        if void:
            self.void.append(void)
        else:
            self.samples.append(sample)
        return void

    def _measure(self, seconds: int, ours: Callable[[], float]) -> Sample:
        counted = self.steady.look() if self.steady is not None else None
        house, cpu = self.server.threads_cpu_seconds(HOUSE), self.server.cpu_seconds()
        before = look(ours)
        with self.steady.loaded() if self.steady is not None else contextlib.nullcontext():
            told = self.load(seconds)
        after = look(ours)
        cpu = self.server.cpu_seconds() - cpu
        house = self.server.threads_cpu_seconds(HOUSE) - house
        pace = 0.0
        if counted is not None and self.steady is not None:
            now = self.steady.look()
            pace = (now.counted - counted.counted) / max(1, now.newest - counted.newest)
        requests, took = max(1, told["requests"]), told["duration_us"] / 1e6
        return Sample(
            requests_per_second=told["requests"] / took,
            bytes_per_second=told["bytes"] / took,
            p50_ms=told["p50_us"] / 1e3,
            p99_ms=told["p99_us"] / 1e3,
            cpu_us=cpu * 1e6 / requests,
            pss_mib=self.server.pss_mib(),
            other=self._count_others(told) / requests,
            house_us=house * 1e6 / requests,
            kept_pace=pace,
            quiet=judge(before, after, seconds),
        )

    def _count_others(self, told: dict[str, int]) -> int:
        """How many answers weren't what was asked for: refused, broken off, or of another length."""
        requests = told["requests"]
        unlike = requests - told["status"] if self.refused else told["status"]
        others = max(0, unlike) + told["broken"]
        if self.body_bytes:
            unfinished = self.connections * len(self.server.urls) * self.body_bytes
            least = requests * self.body_bytes
            most = least + unfinished + requests * _MOST_HEAD_BYTES
            if not least <= told["bytes"] <= most:
                return max(1, requests)
        return others

    def load(self, seconds: int) -> dict[str, int]:
        """Load the server for so long; what wrk saw."""
        urls, arguments = self.server.urls, self.arguments()
        with ThreadPoolExecutor(len(urls)) as pool:
            told = list(pool.map(lambda url: self._wrk(url, arguments, seconds), urls))
        return _together(told)

    def _wrk(self, url: str, arguments: list[str], seconds: int) -> dict[str, int]:
        done = subprocess.run(
            [
                "wrk", "-t1", f"-c{self.connections}", f"-d{seconds}s", "--timeout", "20s",
                "-s", str(_LUA / self.script), url, "--", *arguments,
            ],
            env=os.environ | {"LUA_PATH": f"{_LUA}/?.lua"},
            capture_output=True,
            text=True,
            timeout=seconds + 60,
            check=True,
        )  # fmt: skip
        told: dict[str, int] = json.loads(done.stdout.strip().splitlines()[-1])
        return told

    def warm_up(self, seconds: int) -> None:
        """Load the server for so long, or until every client address has asked once."""
        told = self.load(seconds)
        if self.clients:
            per_second = max(1.0, told["requests"] / seconds)
            self.load(min(_MOST_WARM_UP_SECONDS, 1 + int(self.clients / per_second)))

    def median(self, name: str) -> float:
        """The median of one figure over the rounds."""
        return float(median(getattr(sample, name) for sample in self.samples))

    @property
    def trouble(self) -> str:
        """Why the figures mean nothing, empty if they do: nearly all answers were what was asked for, and
        no more samples were void than are left."""
        if not self.samples:
            return self.void[-1] if self.void else "not measured"
        if (share := max(sample.other for sample in self.samples)) > _MOST_OTHER_SHARE:
            return f"{share:.0%} other answers"
        return ""


def _together(told: list[dict[str, int]]) -> dict[str, int]:
    """What several clients that ran at the same time saw: sums, and the longest times."""
    return {
        name: (max if name.endswith("_us") else sum)(each[name] for each in told)
        for name in told[0]
    }
