"""The cover of a track or a collection: set, replaced, removed. Other pages have the same forms in them."""

from __future__ import annotations

from typing import Any, NamedTuple

from litestar import Response, get, post
from litestar.params import FromPath

from listenlink.actions.give_cover import FIELD
from listenlink.errors import Problem, ProblemKind
from listenlink.model import ids
from listenlink.model.cover import Covered
from listenlink.web.caller import path_id
from listenlink.web.desk.cover_form import receive_picture
from listenlink.web.desk.room import Asked, Room, person_of, told_here
from listenlink.web.desk.signing_in import PERSON
from listenlink.web.given import Given

_COVERS = ["/desk/tracks/{thing:str}/cover", "/desk/collections/{thing:str}/cover"]
_REMOVED, _RESTORED = ([f"{path}/{what}" for path in _COVERS] for what in ("remove", "restore"))
_BESIDE_FIELD = (ProblemKind.INVALID, ProblemKind.TOO_LARGE, ProblemKind.STORAGE_FULL)


class _Of(NamedTuple):
    """What a cover is of: itself, and the path of its page."""

    covered: Covered
    path: str


@get(_COVERS, opt=PERSON, include_in_schema=False)
async def show_cover(thing: FromPath[str], room: Given[Room], request: Asked) -> Response[bytes]:
    """A page of its own, which also says what is wrong with a picture that was refused."""
    return await room.page(
        request, "cover_page", **await tell_cover(room, request, *_read(request, thing))
    )


@post(_COVERS, opt=PERSON, include_in_schema=False, request_max_body_size=None)
async def set_cover(thing: FromPath[str], room: Given[Room], request: Asked) -> Response[bytes]:
    """Show the picture of the form from now on."""
    of, giver, caller = _read(request, thing), room.owning.cover_giver, person_of(request).caller
    try:
        async with giver.receiving(caller, of.covered) as draft:
            await receive_picture(request, draft)
            await giver.give(caller, of.covered, draft, room.owning.clock.now_us())
    except Problem as problem:
        return await _refused(room, request, of, problem)
    return room.see(of.path, "cover_set")


@post(_REMOVED, opt=PERSON, include_in_schema=False)
async def remove_cover(thing: FromPath[str], room: Given[Room], request: Asked) -> Response[bytes]:
    """Show none."""
    of, owning = _read(request, thing), room.owning
    await owning.cover_giver.take_away(person_of(request).caller, of.covered, owning.clock.now_us())
    return room.see(of.path, "cover_removed")


@post(_RESTORED, opt=PERSON, include_in_schema=False)
async def restore_cover(thing: FromPath[str], room: Given[Room], request: Asked) -> Response[bytes]:
    """Show what the file has, or one of the tracks."""
    of, owning = _read(request, thing), room.owning
    await owning.cover_giver.restore(person_of(request).caller, of.covered, owning.clock.now_us())
    return room.see(of.path, "cover_restored")


def _read(request: Asked, thing: str) -> _Of:
    """Raises Problem(NOT_FOUND)."""
    if request.scope["path"].startswith("/desk/tracks/"):
        return _Of(Covered(track_id=path_id(ids.TRACK, thing)), f"/desk/tracks/{thing}")
    number = path_id(ids.COLLECTION, thing)
    return _Of(Covered(collection_id=number), f"/desk/collections/{thing}")


async def tell_cover(room: Room, request: Asked, covered: Covered, path: str) -> dict[str, Any]:
    """What `desk/cover.html` shows on the page at `path`. Raises Problem as `CoverGiver.look` does."""
    person = person_of(request)
    looked = await room.owning.cover_giver.look(person.caller, covered)
    organization = ids.public_id(ids.ORGANIZATION, person.sign_in.organization_id)
    url = f"/v1/music/{organization}{path.removeprefix('/desk')}/cover?size=small"
    return {
        "called": looked.name,
        "cover_of": path,
        "cover_shown": url if looked.is_shown else None,
        "cover_restores": looked.is_given,
    }


async def _refused(room: Room, request: Asked, of: _Of, problem: Problem) -> Response[bytes]:
    told = told_here(request, problem, _BESIDE_FIELD)
    beside = Problem(told.kind, told.message, field=FIELD)
    shown = await tell_cover(room, request, *of)
    return await room.refused(request, beside, "cover_page", _BESIDE_FIELD, **shown)
