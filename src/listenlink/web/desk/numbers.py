"""What a person's track or collection comes to over all links to it, by their labels."""

from __future__ import annotations

from litestar import Response, get
from litestar.params import FromPath

from listenlink.actions.sum_up_target import sum_up_target
from listenlink.model import ids
from listenlink.model.listing import Slice
from listenlink.model.share import TargetType
from listenlink.web.caller import path_id
from listenlink.web.desk.links import PER_PAGE, place_after, row_of
from listenlink.web.desk.room import Asked, Room, person_of
from listenlink.web.desk.signing_in import PERSON
from listenlink.web.given import Given
from listenlink.web.pages.heard_bar import make_bar


@get("/desk/tracks/{track_id:str}/numbers", opt=PERSON, include_in_schema=False)
async def show_track_numbers(
    track_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """Of a track that the person made."""
    number = path_id(ids.TRACK, track_id)
    return await _show(room, request, (TargetType.TRACK, number), f"tracks/{track_id}")


@get("/desk/collections/{collection_id:str}/numbers", opt=PERSON, include_in_schema=False)
async def show_collection_numbers(
    collection_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """Of a collection of theirs."""
    number = path_id(ids.COLLECTION, collection_id)
    return await _show(
        room, request, (TargetType.COLLECTION, number), f"collections/{collection_id}"
    )


async def _show(
    room: Room, request: Asked, target: tuple[TargetType, int], below: str
) -> Response[bytes]:
    owning, here = room.owning, f"/desk/{below}/numbers"
    part, now_us = (
        Slice(PER_PAGE, after=place_after(room, request, "after", here)),
        owning.clock.now_us(),
    )
    caller = person_of(request).caller
    found = await sum_up_target(owning.database, caller, target, now_us, part)
    after = found.place and owning.cursors.write(found.place, here)
    return await room.page(
        request,
        "numbers",
        kind=target[0],
        below=below,
        found=found,
        sums=found.sums,
        bar=make_bar(found.sums.quarters),
        rows=[(row_of(told, now_us), numbers) for told, numbers in found.items],
        first=here if part.after else None,
        following=after and f"{here}?after={after}",
    )
