"""The probes: whether the process is alive, and whether it's ready."""

from __future__ import annotations

import msgspec
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec

from listenlink.running.instance import Running
from listenlink.running.readiness import Fitness
from listenlink.web.given import Given

_STATUS = {Fitness.FIT: "ready", Fitness.DEGRADED: "degraded", Fitness.UNFIT: "unavailable"}


class Alive(msgspec.Struct, frozen=True):
    """The process answers."""

    status: str


class Ready(msgspec.Struct, frozen=True):
    """Whether requests should be sent here, and what each check found."""

    status: str
    checks: dict[str, str]


@get("/healthz", opt={"public": True}, summary="Alive?", tags=["Operation"], security=[{}])
async def is_alive() -> Alive:
    """The process answers; nothing else is checked."""
    return Alive("ok")


@get(
    "/readyz",
    opt={"public": True},
    summary="Ready?",
    tags=["Operation"],
    security=[{}],
    responses={503: ResponseSpec(Ready, description="Not now.", generate_examples=False)},
)
async def is_ready(running: Given[Running]) -> Response[Ready]:
    """200 when links can be opened and audio taken in; 503 when not, or when the process is shutting down.
    Anything else that is wrong, like unreadable engine terms, is reported but stays a 200."""
    report = await running.readiness.look()
    status = "leaving" if running.presence.is_leaving else _STATUS[report.fitness]
    checks = {name: finding.word for name, finding in report.findings.items()}
    return Response(Ready(status, checks), status_code=200 if status == "ready" else 503)
