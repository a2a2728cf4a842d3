"""The tracks of a collection: put in, moved, taken out, put back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from listenlink.actions import manage_collections as managing
from listenlink.actions.arrange_collection import move_track, put_back
from listenlink.actions.show_collections import MOST_MATCHES
from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.model import ids
from listenlink.model.collection_order import Aim, Arranged
from listenlink.model.sought import MOST_CHARACTERS
from listenlink.web.caller import path_id
from listenlink.web.desk.collection import address_of, shown_of
from listenlink.web.desk.collections import COLLECTIONS, number_of, refused
from listenlink.web.desk.room import Asked, Room, lead_to, person_of, read_form
from listenlink.web.desk.signing_in import PERSON
from listenlink.web.given import Given

_Form = Mapping[str, str]
_STEPS = {"up": -1, "down": 1}
_COVERS = {"cover": "cover_track_chosen", "no_cover": "cover_track_dropped"}
_TRACKS = f"{COLLECTIONS}/{{collection_id:str}}/tracks"


@post(_TRACKS, opt=PERSON, include_in_schema=False)
async def add_tracks(
    collection_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """Those whose boxes are ticked, or the one whose button was pressed."""
    # A box for each, and some fields more.
    form = await read_form(request, most_fields=MOST_MATCHES + 10)
    number, desk = path_id(ids.COLLECTION, collection_id), room.desk
    named = [form["only"]] if form["only"] else list(form)
    # They're shown the newest first; an album that was uploaded is in the order of its uploading.
    wanted = [track for text in named[::-1] if (track := ids.parse_id(ids.TRACK, text)) is not None]
    try:
        if not wanted:
            raise invalid("track_id", "Choose tracks first.")
        await managing.add_tracks(
            desk.database, person_of(request).caller, number, wanted, desk.clock.now_us()
        )
    except Problem as problem:
        shown = shown_of(collection_id, form)
        return await refused(room, request, problem, "collection", shown, typed=form)
    query = form["q"][:MOST_CHARACTERS]
    return lead_to(address_of(number, q=query, done="tracks_added"))


@post(f"{_TRACKS}/{{track_id:str}}", opt=PERSON, include_in_schema=False)
async def arrange_track(
    collection_id: FromPath[str], track_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """What the buttons in a track's row do, and dragging it."""
    form, number = await read_form(request), path_id(ids.COLLECTION, collection_id)
    track = path_id(ids.TRACK, track_id)
    try:
        return lead_to(await _arrange(room, request, form, number, track))
    except Problem as problem:
        typed = {"position": form["position"]}
        shown = shown_of(collection_id, form)
        return await refused(
            room, request, problem, "collection", shown, typed=typed, at_track=track
        )


@post(f"{COLLECTIONS}/{{collection_id:str}}/undo", opt=PERSON, include_in_schema=False)
async def undo(collection_id: FromPath[str], room: Given[Room], request: Asked) -> Response[bytes]:
    """Have a track where it was, unless the order has changed meanwhile."""
    form, number = await read_form(request), path_id(ids.COLLECTION, collection_id)
    track, position = path_id(ids.TRACK, form["track"]), number_of(form["position"])
    desk, caller = room.desk, person_of(request).caller
    try:
        if position is None:
            raise Problem(ProblemKind.BAD_REQUEST)
        await put_back(
            desk.database, caller, number, track, position, form["mark"], desk.clock.now_us()
        )
    except Problem as problem:
        return await refused(room, request, problem, "collection", shown_of(collection_id, form))
    return lead_to(address_of(number, done="undone", track=form["track"], focus="up"))


async def _arrange(room: Room, request: Asked, form: _Form, number: int, track: int) -> str:
    """Do it, and return where to go on."""
    desk, caller, do = room.desk, person_of(request).caller, form["do"]
    now_us, page = desk.clock.now_us(), number_of(form["page"])
    if do in _COVERS:
        cover = track if do == "cover" else None
        await managing.change_collection(
            desk.database, caller, number, {"cover_track_id": cover}, now_us
        )
        return address_of(number, page=page, done=_COVERS[do])
    if do == "out":
        done = await managing.remove_track(desk.database, caller, number, track, now_us)
        return address_of(number, page=page, done="track_taken_out", **_undone_by(done))
    done = await move_track(desk.database, caller, number, track, _aim(do, form), now_us)
    if done.was == done.now:
        return address_of(number, track=ids.public_id(ids.TRACK, track), focus=do)
    return address_of(number, done="track_moved", focus=do, **_undone_by(done))


def _undone_by(done: Arranged | None) -> dict[str, Any]:
    """What the page has to be told to offer that this is undone."""
    if done is None:
        return {}
    return {"track": ids.public_id(ids.TRACK, done.track_id), "was": done.was, "mark": done.mark}


def _aim(do: str, form: _Form) -> Aim:
    if do in _STEPS:
        return Aim(by=_STEPS[do])
    if do == "drag":
        before, after = (ids.parse_id(ids.TRACK, form[name]) for name in ("before", "after"))
        if before is None and after is None:
            raise Problem(ProblemKind.BAD_REQUEST)
        return Aim(before=before, after=after)
    if do != "to":
        raise Problem(ProblemKind.BAD_REQUEST)
    if not (position := number_of(form["position"])):
        raise invalid("position", "This is a whole number, from 1 on.")
    return Aim(position=position - 1)
