"""What the machine's clocks say of a sample: that it slept, that its host took the processor away, or that
others used it. Such a sample says nothing of the server, so it's void.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_CORES = os.cpu_count() or 1
# A suspended machine's two clocks part by as long as it slept. A guest that its host held still may not know
# of it, but then what was to take three seconds took longer.
MOST_ASLEEP_SECONDS, MOST_LATE_SECONDS = 0.02, 1.0
# Of all processors' time. The kernel's own threads, which write for the servers, count as others.
MOST_STOLEN, MOST_OTHERS = 0.05, 0.05


class Moment(NamedTuple):
    """Clocks, in seconds: `boottime` goes on while the machine sleeps, `monotonic` doesn't. `busy` is what
    all processors have worked, `stolen` what the host took of them, `ours` what the benchmark used."""

    monotonic: float
    boottime: float
    busy: float
    stolen: float
    ours: float


class Quiet(NamedTuple):
    """How a sample went by: the shares of all processors' time that were stolen, and that others used, and
    why it's void, empty if it isn't."""

    stolen: float
    others: float
    void: str


def look(ours: Callable[[], float]) -> Moment:
    """The clocks now."""
    fields = [int(part) for part in Path("/proc/stat").read_text().split()[1:9]]
    user, nice, system, _idle, _iowait, irq, softirq, steal = fields
    return Moment(
        time.clock_gettime(time.CLOCK_MONOTONIC),
        time.clock_gettime(time.CLOCK_BOOTTIME),
        (user + nice + system + irq + softirq) / TICKS_PER_SECOND,
        steal / TICKS_PER_SECOND,
        ours(),
    )


def judge(before: Moment, after: Moment, planned_seconds: float) -> Quiet:
    """What went on between the two, which were meant to be so far apart."""
    took = after.monotonic - before.monotonic
    asleep = (after.boottime - before.boottime) - took
    time_of_all = max(1e-9, took * _CORES)
    stolen = (after.stolen - before.stolen) / time_of_all
    others = max(0.0, after.busy - before.busy - (after.ours - before.ours)) / time_of_all
    void = ""
    if asleep > MOST_ASLEEP_SECONDS:
        void = f"the machine slept for {asleep:.1f} s"
    elif took > planned_seconds + MOST_LATE_SECONDS:
        void = f"{planned_seconds:g} s took {took:.1f} s"
    elif stolen > MOST_STOLEN:
        void = f"the host took {stolen:.0%} of the processors"
    elif others > MOST_OTHERS:
        void = f"others used {others:.0%} of the processors"
    return Quiet(stolen, others, void)
