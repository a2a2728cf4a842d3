"""The probes: whether the process is alive, and whether it's ready."""

from __future__ import annotations

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec

from listenlink import wire
from listenlink.running.instance import Running
from listenlink.running.readiness import Fitness
from listenlink.web.given import Given

_STATUS = {Fitness.FIT: "ready", Fitness.DEGRADED: "degraded", Fitness.UNFIT: "unavailable"}


@get("/healthz", opt={"public": True}, summary="Alive?", tags=["Operation"], security=[{}])
async def is_alive() -> wire.Alive:
    """The process answers; nothing else is checked."""
    return wire.Alive("ok")


@get(
    "/readyz",
    opt={"public": True},
    summary="Ready?",
    tags=["Operation"],
    security=[{}],
    responses={503: ResponseSpec(wire.Ready, description="Not now.", generate_examples=False)},
)
async def is_ready(running: Given[Running]) -> Response[wire.Ready]:
    """200 when links can be opened and audio taken in; 503 when not, or when the process is shutting down.
    Anything else that is wrong, like unreadable engine terms, is reported but stays a 200."""
    report = await running.readiness.look()
    status = "leaving" if running.presence.is_leaving else _STATUS[report.fitness]
    checks = {name: finding.word for name, finding in report.findings.items()}
    return Response(wire.Ready(status, checks), status_code=200 if status == "ready" else 503)
