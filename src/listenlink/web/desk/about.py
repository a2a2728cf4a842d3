"""What this server is, and how it is; and the two files that every site is asked for."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from listenlink import __version__
from listenlink.actions.manage_quotas import tell_usage
from listenlink.actions.telling.show_webhooks import tell_how_they_fare
from listenlink.errors import Problem
from listenlink.web.desk.licences import (
    OWNER,
    declare_default_of_form,
    refuse_licence,
    tell_default,
)
from listenlink.web.desk.room import Asked, Room, person_of, read_form
from listenlink.web.desk.signing_in import PERSON
from listenlink.web.given import Given
from listenlink.web.pages.assets import ASSETS

# Whoever unfurls links has to reach them, so these aren't in it.
_ROBOTS = "User-agent: *\nDisallow: /desk\n"
_A_DAY = {"cache-control": "public, max-age=86400"}


@get("/desk/about", opt=PERSON, include_in_schema=False)
async def show_about(room: Given[Room], request: Asked) -> Response[bytes]:
    """Version, address, what is stored, what is declared, and what isn't as it should be."""
    return await room.page(request, "about", **await _shown(room, request))


async def _shown(room: Room, request: Asked) -> dict[str, Any]:
    desk, now_us, caller = room.desk, room.desk.clock.now_us(), person_of(request).caller
    used = await tell_usage(desk.database, caller, now_us)
    report = await desk.readiness.look()
    fares = (
        None
        if person_of(request).role != "owner"
        else await tell_how_they_fare(desk.database, caller)
    )
    return await tell_default(room, caller) | {
        "version": __version__,
        "address": desk.settings.base_url,
        "used": used,
        "findings": {name: finding.word for name, finding in report.findings.items()},
        "fares": fares,
        "networks": [str(network) for network in desk.settings.outbound_networks],
        "engines": [terms.display_name for terms in desk.registry.list_in_force(now_us)],
    }


@post("/desk/about/licence", opt=OWNER, include_in_schema=False)
async def declare_for_all(room: Given[Room], request: Asked) -> Response[bytes]:
    """Declare what holds for what the organisation's people record from now on."""
    form, caller = await read_form(request), person_of(request).caller
    try:
        await declare_default_of_form(room, caller, form)
    except Problem as problem:
        shown = await _shown(room, request)
        return await refuse_licence(room, request, problem, "about", form, shown)
    return room.see("/desk/about", "default_declared")


@get("/robots.txt", opt={"public": True}, include_in_schema=False, sync_to_thread=False)
def tell_robots() -> Response[str]:
    """What is in no index."""
    return Response(_ROBOTS, media_type="text/plain", headers=_A_DAY)


@get("/favicon.ico", opt={"public": True}, include_in_schema=False, sync_to_thread=False)
def show_icon() -> Response[bytes]:
    """The icon, for whoever asks without having read a page."""
    icon = ASSETS["icon.svg"]
    return Response(icon.body, media_type=icon.content_type, headers=_A_DAY)
