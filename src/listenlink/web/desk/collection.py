"""One collection: what it is, what is in it, where it's shared; and its end."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath

from listenlink.actions import manage_collections as managing
from listenlink.actions.manage_links import list_links
from listenlink.actions.show_collections import ShownCollection
from listenlink.actions.show_collections import show_collection as show
from listenlink.errors import Problem
from listenlink.model import ids
from listenlink.model.cover import Covered
from listenlink.model.listing import Slice
from listenlink.model.share import TargetType
from listenlink.web.caller import path_id
from listenlink.web.desk.collections import COLLECTIONS, Show, asked_query, number_of, refused
from listenlink.web.desk.covers import tell_cover
from listenlink.web.desk.room import Asked, Room, lead_to, person_of, read_form
from listenlink.web.desk.signing_in import PERSON
from listenlink.web.given import Given

_MOST_LINKS = 50
# A description of four thousand characters, each of which may become twelve on the way.
_MOST_BYTES = 64 * 1024


@get(f"{COLLECTIONS}/{{collection_id:str}}", opt=PERSON, include_in_schema=False)
async def show_collection(
    collection_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """Its tracks in parts, and what can be done with it."""
    return await room.page(request, "collection", **await shown_of(collection_id)(room, request))


@post(f"{COLLECTIONS}/{{collection_id:str}}/change", opt=PERSON, include_in_schema=False)
async def change_collection(
    collection_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """Its name and description."""
    form, number = await read_form(request, _MOST_BYTES), path_id(ids.COLLECTION, collection_id)
    # A line's end is one character where it's typed and counted, and two on the way.
    typed = {"name": form["name"], "description": form["description"].replace("\r\n", "\n")}
    desk, caller = room.desk, person_of(request).caller
    try:
        await managing.change_collection(
            desk.database,
            caller,
            number,
            {"name": typed["name"], "description": typed["description"] or None},
            desk.clock.now_us(),
        )
    except Problem as problem:
        shown = shown_of(collection_id)
        return await refused(room, request, problem, "collection", shown, typed=typed)
    return lead_to(address_of(number, done="collection_changed"))


@get(f"{COLLECTIONS}/{{collection_id:str}}/delete", opt=PERSON, include_in_schema=False)
async def ask_to_delete(
    collection_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """Ask first, and say what becomes of its links."""
    shown = await shown_of(collection_id)(room, request)
    return await room.page(request, "delete_collection", **shown)


@post(f"{COLLECTIONS}/{{collection_id:str}}/delete", opt=PERSON, include_in_schema=False)
async def delete_collection(
    collection_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """Delete it."""
    desk, number = room.desk, path_id(ids.COLLECTION, collection_id)
    caller = person_of(request).caller
    await managing.delete_collection(
        desk.database, room.owning.storage, caller, number, desk.clock.now_us()
    )
    return room.see(COLLECTIONS, "collection_deleted")


def address_of(number: int, **asked: Any) -> str:
    """Where the collection's page is, with what is asked of it that isn't None."""
    path = f"{COLLECTIONS}/{ids.public_id(ids.COLLECTION, number)}"
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    return f"{path}?{query}" if query else path


def shown_of(collection_id: str, form: Mapping[str, str] | None = None) -> Show:
    """How the page is told what it shows: the part and the search that are asked for, or that the form was
    sent from."""
    number = path_id(ids.COLLECTION, collection_id)

    async def shown(room: Room, request: Asked) -> dict[str, Any]:
        asked: Mapping[str, str] = request.query_params if form is None else form
        query = asked_query(request) if form is None else form.get("q")
        page, caller = number_of(asked.get("page", "")), person_of(request).caller
        moved, database = ids.parse_id(ids.TRACK, asked.get("track", "")), room.desk.database
        told = await show(database, caller, number, page or 1, moved, query)
        target = (TargetType.COLLECTION, number)
        now_us, part = room.desk.clock.now_us(), Slice(_MOST_LINKS)
        links = await list_links(database, caller, target, None, now_us, part)
        covered = Covered(collection_id=number)
        return await tell_cover(room, request, covered, address_of(number)) | {
            "told": told,
            "query": query,
            "links": links.items,
            "has_more_links": links.place is not None,
            "address": address_of(number),
            "id": collection_id,
            "track_id": partial(ids.public_id, ids.TRACK),
            "link_id": partial(ids.public_id, ids.SHARE),
            "moved": moved,
            "focus": asked.get("focus", ""),
            "undo": _undo(request, told, moved) if form is None else None,
            "at_track": None,
        }

    return shown


def _undo(request: Asked, told: ShownCollection, moved: int | None) -> dict[str, Any] | None:
    """What a form would need to undo what was just done to the order, None if there is nothing, or if the
    order is another one by now."""
    was = number_of(request.query_params.get("was", ""))
    if moved is None or was is None or request.query_params.get("mark") != told.mark:
        return None
    return {"track": ids.public_id(ids.TRACK, moved), "position": was, "mark": told.mark}
