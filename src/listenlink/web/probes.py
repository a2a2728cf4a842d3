"""Is it alive, is it ready."""

from __future__ import annotations

import msgspec
from litestar import Response, get
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec

from listenlink.actions.instance import Instance
from listenlink.errors import Problem


class Alive(msgspec.Struct, frozen=True):
    """The process answers."""

    status: str


class Ready(msgspec.Struct, frozen=True):
    """Whether requests can be answered, and what each part says of itself."""

    status: str
    database: str
    engines: str
    signing_keys: str
    limits: str


@get("/healthz", opt={"public": True}, summary="Alive?", tags=["Operation"], security=[{}])
async def is_alive() -> Alive:
    """The process answers; nothing more is asked."""
    return Alive("ok")


@get(
    "/readyz",
    opt={"public": True},
    summary="Ready?",
    tags=["Operation"],
    security=[{}],
    responses={503: ResponseSpec(Ready, description="Not now.", generate_examples=False)},
)
async def is_ready(state: State) -> Response[Ready]:
    """200 when links can be opened here, 503 when not. Unreadable engine terms and limits that can't be
    shared are said, and stay a 200."""
    instance: Instance = state.instance
    try:
        await instance.database.ping()
        database = "ok"
    except Problem:
        database = "unavailable"
    engines = "unreadable" if instance.engines_problem else "ok"
    limits = "ok" if await instance.limits.ping() else "not shared"
    is_up = database == "ok" and instance.keys.is_matching
    return Response(
        Ready(
            "ready" if is_up else "unavailable", database, engines, instance.keys.finding, limits
        ),
        status_code=200 if is_up else 503,
    )
