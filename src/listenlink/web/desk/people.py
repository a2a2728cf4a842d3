"""Who is in an organisation, and who is invited, for its owners."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

from litestar import Response, get, post

from listenlink.actions.signing_in.show_account import show_people
from listenlink.actions.signing_in.sign_in_by_link import invite, take_back
from listenlink.errors import Problem
from listenlink.model import ids
from listenlink.web.desk.room import Asked, Room, person_of, read_form
from listenlink.web.given import Given

OWNER = {"desk": "owner"}
PEOPLE = "/desk/people"


@get(PEOPLE, opt=OWNER, include_in_schema=False)
async def show_members(room: Given[Room], request: Asked) -> Response[bytes]:
    """Members, invitations, and what was done."""
    return await room.page(request, "people", **await _shown(room, request), invited=None)


@post(f"{PEOPLE}/invite", opt=OWNER, include_in_schema=False)
async def invite_somebody(room: Given[Room], request: Asked) -> Response[bytes]:
    """Make a link for somebody, and show it this once: an address that it could be read from later would
    be in histories."""
    form, desk, person = await read_form(request), room.desk, person_of(request)
    typed = {"email": form["email"], "role": form["role"]}
    try:
        made = await invite(
            desk.database, desk.audit, room.asker(request), person, form["email"], form["role"]
        )
    except Problem as problem:
        shown = await _shown(room, request)
        return await room.refused(request, problem, "people", **shown, invited=None, typed=typed)
    invited = SimpleNamespace(url=made.url(desk.settings.desk_url), ends_at=made.ends_at)
    shown = await _shown(room, request)
    return await room.page(request, "people", **shown, invited=invited, typed=typed)


@post(f"{PEOPLE}/take-back", opt=OWNER, include_in_schema=False)
async def take_invitation_back(room: Given[Room], request: Asked) -> Response[bytes]:
    """Let an invitation be over that nobody has accepted."""
    form, desk = await read_form(request), room.desk
    asker, person = room.asker(request), person_of(request)
    try:
        await take_back(desk.database, desk.audit, asker, person, form["invitation"])
    except Problem as problem:
        shown = await _shown(room, request)
        return await room.refused(request, problem, "people", **shown, invited=None)
    return room.see(PEOPLE, "invitation_taken_back")


async def _shown(room: Room, request: Asked) -> dict[str, Any]:
    desk = room.desk
    people = await show_people(desk.database, person_of(request), desk.clock.now_us())
    return {"people": people, "public": partial(ids.public_id, ids.USER)}
