"""One run of wrk against one server, and what it cost that server."""

from __future__ import annotations

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from serve import Measured

_LUA = Path(__file__).parent / "lua"
_MOST_OTHER_SHARE = 0.01
_MOST_WARM_UP_SECONDS = 25


@dataclass(frozen=True)
class Sample:
    """One round. Times as their names say; `other` is the share of answers that weren't as expected."""

    requests_per_second: float
    bytes_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    rss_mib: float
    other: float


@dataclass
class Row:
    """One line of the table. `refused`: the answers are meant to be 4xx. `clients`: so many addresses
    are to be known to the server before the rounds, or they'd measure the naming of new ones."""

    key: str
    label: str
    server: Measured
    script: str
    arguments: list[str]
    connections: int = 64
    refused: bool = False
    compare_to: str | None = None
    is_media: bool = False
    clients: int = 0
    samples: list[Sample] = field(default_factory=list)

    def run(self, seconds: int) -> Sample:
        """Load the server for so long."""
        before = self.server.cpu_seconds()
        urls = self.server.urls
        with ThreadPoolExecutor(len(urls)) as pool:
            told = _together(list(pool.map(lambda url: _wrk(self, url, seconds), urls)))
        cpu_seconds = self.server.cpu_seconds() - before
        requests, took = max(1, told["requests"]), told["duration_us"] / 1e6
        unlike = requests - told["status"] if self.refused else told["status"]
        return Sample(
            requests_per_second=told["requests"] / took,
            bytes_per_second=told["bytes"] / took,
            p50_ms=told["p50_us"] / 1e3,
            p99_ms=told["p99_us"] / 1e3,
            cpu_us=cpu_seconds * 1e6 / requests,
            rss_mib=self.server.rss_mib(),
            other=(max(0, unlike) + told["broken"]) / requests,
        )

    def warm_up(self, seconds: int) -> None:
        """Load the server for so long, or until every client address has asked once."""
        first = self.run(seconds)
        if self.clients:
            self.run(
                min(
                    _MOST_WARM_UP_SECONDS,
                    1 + int(self.clients / max(1.0, first.requests_per_second)),
                )
            )

    def median(self, name: str) -> float:
        """The median of one figure over the rounds."""
        return float(median(getattr(sample, name) for sample in self.samples))

    @property
    def is_sound(self) -> bool:
        """Whether nearly all answers were what was asked for. If not, the figures mean nothing."""
        return bool(self.samples) and max(s.other for s in self.samples) <= _MOST_OTHER_SHARE


def _together(told: list[dict[str, int]]) -> dict[str, int]:
    """What several clients that ran at the same time saw: sums, and the longest times."""
    return {
        name: (max if name.endswith("_us") else sum)(each[name] for each in told)
        for name in told[0]
    }


def _wrk(row: Row, url: str, seconds: int) -> dict[str, int]:
    done = subprocess.run(
        [
            "wrk", "-t1", f"-c{row.connections}", f"-d{seconds}s", "--timeout", "20s",
            "-s", str(_LUA / row.script), url, "--", *row.arguments,
        ],
        env=os.environ | {"LUA_PATH": f"{_LUA}/?.lua"},
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        check=True,
    )  # fmt: skip
    told: dict[str, int] = json.loads(done.stdout.strip().splitlines()[-1])
    return told
