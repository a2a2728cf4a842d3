"""One track that a person made or saved."""

from __future__ import annotations

import base64
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from listenlink.actions.download_track import format_of, offer_original
from listenlink.actions.manage_library import change_track, take_out
from listenlink.actions.manage_tracks import delete_track, own_playback_url
from listenlink.actions.show_track import look_at_removal, show_track
from listenlink.errors import Problem, invalid
from listenlink.model import ids
from listenlink.model.cover import Covered
from listenlink.model.track_facts import TrackChanges
from listenlink.web.caller import path_id
from listenlink.web.desk.covers import tell_cover
from listenlink.web.desk.licences import declare_of_form, refuse_licence, tell_licence
from listenlink.web.desk.room import (
    TRACKS,
    Asked,
    Room,
    lead_to,
    person_of,
    read_form,
)
from listenlink.web.desk.signing_in import PERSON
from listenlink.web.given import Given

_PATH = "/desk/tracks/{track_id:str}"


@get(_PATH, opt=PERSON, include_in_schema=False)
async def show_one(room: Given[Room], request: Asked, track_id: FromPath[str]) -> Response[bytes]:
    """To be heard, changed, shared; and where it is."""
    return await show_track_with(room, request, track_id)


async def show_track_with(
    room: Room, request: Asked, track_id: str, status: int = 200, **more: Any
) -> Response[bytes]:
    """The page of a track, with what else it's to say."""
    shown = await _shown(room, request, track_id)
    return await room.page(request, "track", status, **shown, **more)


async def _shown(room: Room, request: Asked, track_id: str) -> dict[str, Any]:
    owning, caller = room.owning, person_of(request).caller
    number, now_us = path_id(ids.TRACK, track_id), owning.clock.now_us()
    shown = await show_track(owning.database, owning.registry, caller, number, now_us)
    ttl_seconds, urls = owning.settings.playback_ttl_seconds, owning.storage.urls
    user_id = caller.owner.user_id
    url = own_playback_url(owning.urls, urls, user_id, shown.track, ttl_seconds, now_us)
    covered, path = Covered(track_id=number), f"/desk/tracks/{track_id}"
    own = await tell_cover(room, request, covered, path) if shown.is_own else {}
    if shown.is_own:
        own |= await tell_licence(room, caller, shown.track)
    return own | {
        "id": track_id,
        "shown": shown,
        "track": shown.track,
        "sound_url": _from_here(room, url),
        "peaks": base64.b64encode(shown.listened.peaks or b"").decode(),
        "versions": shown.versions,
        "marks_lack": room.desk.marker.lacks,
        "format": format_of(shown.file.content_type) if shown.file else None,
        "links": [(ids.public_id(ids.SHARE, told.share.id), told.share) for told in shown.links],
        "collections": [
            (ids.public_id(ids.COLLECTION, collection.id), collection.name)
            for collection in shown.collections
        ],
    }


def _from_here(room: Room, url: str) -> str:
    """An address of ours as this page reaches it, by whatever name its reader knows this server."""
    return url.removeprefix(room.owning.settings.base_url)


@post(_PATH, opt=PERSON, include_in_schema=False)
async def change_one(room: Given[Room], request: Asked, track_id: FromPath[str]) -> Response[bytes]:
    """Call it something else."""
    form, caller = await read_form(request), person_of(request).caller
    changes: TrackChanges = {
        "title": form["title"],
        "artist": form["artist"] if form["artist"].strip() else None,
        "instrumental": form["instrumental"] == "yes",
    }
    number = path_id(ids.TRACK, track_id)
    try:
        await change_track(
            room.owning.database, caller, number, changes, room.owning.clock.now_us()
        )
    except Problem as problem:
        typed = {name: form[name] for name in ("title", "artist", "instrumental")}
        shown = await _shown(room, request, track_id)
        return await room.refused(request, problem, "track", **shown, typed=typed)
    return room.see(f"/desk/tracks/{track_id}", "track_changed")


@post(f"{_PATH}/licence", opt=PERSON, include_in_schema=False)
async def declare_of_one(
    room: Given[Room], request: Asked, track_id: FromPath[str]
) -> Response[bytes]:
    """Declare what may be done with it."""
    form, caller = await read_form(request), person_of(request).caller
    try:
        await declare_of_form(room, caller, path_id(ids.TRACK, track_id), form)
    except Problem as problem:
        shown = await _shown(room, request, track_id)
        return await refuse_licence(room, request, problem, "track", form, shown)
    return room.see(f"/desk/tracks/{track_id}", "licence_declared")


@post(f"{_PATH}/making", opt=PERSON, include_in_schema=False)
async def declare_making(
    room: Given[Room], request: Asked, track_id: FromPath[str]
) -> Response[bytes]:
    """Declare how much of it AI made."""
    form, caller, owning = await read_form(request), person_of(request).caller, room.owning
    number = path_id(ids.TRACK, track_id)
    try:
        if not form["ai"]:
            raise invalid("ai", "Choose how it was made.")
        changes: TrackChanges = {"ai": form["ai"]}
        await change_track(owning.database, caller, number, changes, owning.clock.now_us())
    except Problem as problem:
        shown = await _shown(room, request, track_id)
        return await room.refused(request, problem, "track", **shown)
    return room.see(f"/desk/tracks/{track_id}", "ai_declared")


@get(f"{_PATH}/original", opt=PERSON, include_in_schema=False)
async def download_original(
    room: Given[Room], request: Asked, track_id: FromPath[str]
) -> Response[bytes]:
    """To the file as it was uploaded, by an address that is good for some minutes."""
    owning, caller = room.owning, person_of(request).caller
    url = await offer_original(
        owning.database,
        owning.urls,
        owning.storage.urls,
        caller,
        path_id(ids.TRACK, track_id),
        owning.settings.playback_ttl_seconds,
        owning.clock.now_us(),
    )
    return lead_to(_from_here(room, url))


@get(f"{_PATH}/remove", opt=PERSON, include_in_schema=False)
async def ask_to_remove(
    room: Given[Room], request: Asked, track_id: FromPath[str]
) -> Response[bytes]:
    """What goes with it."""
    owning, caller = room.owning, person_of(request).caller
    number = path_id(ids.TRACK, track_id)
    removal = await look_at_removal(owning.database, caller, number, owning.clock.now_us())
    return await room.page(request, "remove_track", id=track_id, removal=removal)


@post(f"{_PATH}/remove", opt=PERSON, include_in_schema=False)
async def remove_one(room: Given[Room], request: Asked, track_id: FromPath[str]) -> Response[bytes]:
    """Delete it."""
    owning, caller = room.owning, person_of(request).caller
    number = path_id(ids.TRACK, track_id)
    await delete_track(owning.database, owning.storage, caller, number, owning.clock.now_us())
    return room.see(TRACKS, "track_removed")


@post(f"{_PATH}/take-out", opt=PERSON, include_in_schema=False)
async def take_one_out(
    room: Given[Room], request: Asked, track_id: FromPath[str]
) -> Response[bytes]:
    """Have a saved one no longer."""
    caller, number = person_of(request).caller, path_id(ids.TRACK, track_id)
    await take_out(room.owning.database, caller, number)
    return room.see(TRACKS, "track_left_library")
