"""Who is in an organisation, for its owners."""

from __future__ import annotations

from types import SimpleNamespace

from litestar import Response, get, post

from listenlink.actions.signing_in.show_account import show_people
from listenlink.actions.signing_in.sign_in_by_link import invite
from listenlink.errors import Problem
from listenlink.web.desk.room import Asked, Room, person_of, read_form
from listenlink.web.given import Given

_OWNER = {"desk": "owner"}


@get("/desk/people", opt=_OWNER, include_in_schema=False)
async def show_members(room: Given[Room], request: Asked) -> Response[bytes]:
    """Members, and what was done."""
    people = await show_people(room.desk.database, person_of(request))
    return await room.page(request, "people", people=people, invited=None)


@post("/desk/people/invite", opt=_OWNER, include_in_schema=False)
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
        people = await show_people(desk.database, person)
        return await room.refused(
            request, problem, "people", people=people, invited=None, typed=typed
        )
    people = await show_people(desk.database, person)
    invited = SimpleNamespace(url=made.url(desk.settings.desk_url), ends_at=made.ends_at)
    return await room.page(request, "people", people=people, invited=invited, typed=typed)
