"""What the probes are told: whether the process is alive, and whether it's ready."""

from __future__ import annotations

import msgspec

from listenlink import wire
from listenlink.running.instance import Running
from listenlink.running.readiness import Fitness
from listenlink.web.response import Answer

ALIVE_PATH, READY_PATH = b"/healthz", b"/readyz"
ALIVE = wire.Alive("ok")
_STATUS = {Fitness.FIT: "ready", Fitness.DEGRADED: "degraded", Fitness.UNFIT: "unavailable"}
_JSON = (b"content-type", b"application/json")


async def find_ready(running: Running) -> tuple[int, wire.Ready]:
    """The status of the answer, and what is in it."""
    report = await running.readiness.look()
    status = "leaving" if running.presence.is_leaving else _STATUS[report.fitness]
    checks = {name: finding.word for name, finding in report.findings.items()}
    return 200 if status == "ready" else 503, wire.Ready(status, checks)


async def answer_probe(path: bytes, running: Running) -> Answer:
    """The answer to a GET of one of the two paths."""
    told: tuple[int, wire.Alive | wire.Ready] = (200, ALIVE)
    if path == READY_PATH:
        told = await find_ready(running)
    return Answer(told[0], msgspec.json.encode(told[1]), [_JSON])
