"""One member of an organisation, for its owners: removed, or without API keys from now on. Both are asked on
a page of their own."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from listenlink.actions.manage_keys import end_member_keys
from listenlink.actions.remove_member import look_at_leave
from listenlink.actions.remove_member import remove_member as remove
from listenlink.errors import Problem, ProblemKind
from listenlink.model import ids
from listenlink.web.caller import path_id
from listenlink.web.desk.people import OWNER, PEOPLE
from listenlink.web.desk.room import SIGN_IN, TYPED, Asked, Room, person_of, read_form
from listenlink.web.given import Given

_MEMBER = PEOPLE + "/{user_id:str}"
_TOLD_THERE = TYPED | {ProblemKind.CONFLICT}
_END_LINKS = "end-links"


@get(f"{_MEMBER}/remove", opt=OWNER, include_in_schema=False)
async def ask_to_remove_member(
    user_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """What ends with them, and what becomes of the rest."""
    return await room.page(request, "remove_member", **await _shown(room, request, user_id))


@post(f"{_MEMBER}/remove", opt=OWNER, include_in_schema=False)
async def remove_member(
    user_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """Remove them. Whoever removes themselves is signed in no more."""
    form, owning, person = await read_form(request), room.owning, person_of(request)
    number = path_id(ids.USER, user_id)
    try:
        await remove(
            owning.database,
            owning.storage,
            owning.resumer,
            person.caller,
            number,
            ids.parse_id(ids.USER, form["to"]) or 0,
            owning.clock.now_us(),
            ends_links=form["links"] == _END_LINKS,
        )
    except Problem as problem:
        shown = await _shown(room, request, user_id)
        typed = {name: form[name] for name in ("to", "links")}
        return await room.refused(
            request, problem, "remove_member", _TOLD_THERE, **shown, typed=typed
        )
    if number == person.sign_in.user_id:
        return room.see(SIGN_IN, "left")
    return room.see(PEOPLE, "member_removed")


@get(f"{_MEMBER}/end-keys", opt=OWNER, include_in_schema=False)
async def ask_to_end_keys(
    user_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """How many end."""
    return await room.page(request, "end_member_keys", **await _shown(room, request, user_id))


@post(f"{_MEMBER}/end-keys", opt=OWNER, include_in_schema=False)
async def end_keys(user_id: FromPath[str], room: Given[Room], request: Asked) -> Response[bytes]:
    """End them; doing it again changes nothing."""
    await read_form(request)
    number, owning = path_id(ids.USER, user_id), room.owning
    await end_member_keys(owning.database, person_of(request).caller, number, owning.clock.now_us())
    return room.see(PEOPLE, "member_keys_ended")


async def _shown(room: Room, request: Asked, user_id: str) -> dict[str, Any]:
    owning, number = room.owning, path_id(ids.USER, user_id)
    leave = await look_at_leave(
        owning.database, person_of(request).caller, number, owning.clock.now_us()
    )
    return {
        "id": user_id,
        "leave": leave,
        "heirs": [(ids.public_id(ids.USER, heir), email) for heir, email in leave.heirs],
        "end_links": _END_LINKS,
    }
