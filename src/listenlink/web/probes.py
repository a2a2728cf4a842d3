"""The probes as Litestar routes: for the schema, and for what the front doesn't answer itself."""

from __future__ import annotations

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec

from listenlink import wire
from listenlink.running.instance import Running
from listenlink.web.given import Given
from listenlink.web.probe_door import ALIVE, ALIVE_PATH, READY_PATH, find_ready


@get(ALIVE_PATH.decode(), opt={"public": True}, summary="Alive?", tags=["Operation"], security=[{}])
async def is_alive() -> wire.Alive:
    """The process answers; nothing else is checked."""
    return ALIVE


@get(
    READY_PATH.decode(),
    opt={"public": True},
    summary="Ready?",
    tags=["Operation"],
    security=[{}],
    responses={503: ResponseSpec(wire.Ready, description="Not now.", generate_examples=False)},
)
async def is_ready(running: Given[Running]) -> Response[wire.Ready]:
    """200 when links can be opened and audio taken in; 503 when not, or when the process is shutting down.
    Anything else that is wrong, like unreadable engine terms, is reported but stays a 200."""
    status, ready = await find_ready(running)
    return Response(ready, status_code=status)
