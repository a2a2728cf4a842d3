"""The links that a person made, narrowed to a state, to what they lead to, to words in their label."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from litestar import Response, get

from listenlink.actions.manage_links import ToldLink, list_links
from listenlink.errors import Problem, ProblemKind
from listenlink.model import ids
from listenlink.model.cursor import MOST_CHARACTERS
from listenlink.model.listing import Place, Slice
from listenlink.model.share import LinkState, TargetType, find_target
from listenlink.web.desk.room import Asked, Room, person_of
from listenlink.web.desk.signing_in import PERSON
from listenlink.web.given import Given
from listenlink.wire.bodies import LABEL_LENGTH

LINKS = "/desk/links"
PER_PAGE = 50


class Row(NamedTuple):
    """A link as the desk's pages show it: its page's address, and that of what it leads to."""

    told: ToldLink
    path: str
    target_path: str
    target_id: str
    state: LinkState


def row_of(told: ToldLink, now_us: int) -> Row:
    """What a page shows of a link."""
    share = told.share
    is_track = share.target_type is TargetType.TRACK
    target_id = ids.public_id(ids.TRACK if is_track else ids.COLLECTION, share.target_id)
    return Row(
        told,
        f"{LINKS}/{ids.public_id(ids.SHARE, share.id)}",
        f"/desk/{'tracks' if is_track else 'collections'}/{target_id}",
        target_id,
        share.state(now_us),
    )


def place_after(room: Room, request: Asked, name: str, of_list: str) -> Place | None:
    """Where a list goes on, by the cursor in the address; None for the beginning, and for what is no cursor
    of this list."""
    text = request.query_params.get(name, "")
    if not text or len(text) > MOST_CHARACTERS or not text.isascii():
        return None
    return room.owning.cursors.read(text, of_list)


@get(LINKS, opt=PERSON, include_in_schema=False)
async def show_links(room: Given[Room], request: Asked) -> Response[bytes]:
    """Those that are asked for, newest first, and where the next are."""
    query, owning = request.query_params, room.owning
    words = query.get("q", "").replace("\0", "").strip()[:LABEL_LENGTH]
    state = next((one for one in LinkState if one == query.get("state")), None)
    named, now_us = query.get("target", ""), owning.clock.now_us()
    target = find_target(named)
    if named and target is None:
        raise Problem(ProblemKind.NOT_FOUND)
    part = Slice(PER_PAGE, after=place_after(room, request, "after", LINKS))
    found = await list_links(
        owning.database, person_of(request).caller, target, state, now_us, part, words
    )
    asked = {"q": words, "state": state.value if state else "", "target": named}
    kept = {name: value for name, value in asked.items() if value}
    after = found.place and {"after": owning.cursors.write(found.place, LINKS)}
    return await room.page(
        request,
        "links",
        rows=[row_of(told, now_us) for told in found.items],
        asked=asked,
        states=[one.value for one in LinkState],
        first=_address(kept) if part.after else None,
        following=_address(kept | after) if after else None,
    )


def _address(query: dict[str, str]) -> str:
    return f"{LINKS}?{urlencode(query)}" if query else LINKS
