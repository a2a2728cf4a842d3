"""The links that a person made, narrowed to a state, to what they lead to, to words in their label; for an
owner also those that others in the organisation made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from litestar import Response, get

from listenlink.actions.authenticate import Caller
from listenlink.actions.manage_links import ToldLink, list_links
from listenlink.actions.see_all_links import list_makers, seeing_all
from listenlink.actions.signing_in.sign_in import Person
from listenlink.errors import Problem, ProblemKind
from listenlink.model import ids
from listenlink.model.cursor import MOST_CHARACTERS
from listenlink.model.listing import Place, Slice
from listenlink.model.share import LinkState, TargetType, find_target
from listenlink.web.desk.room import Asked, Room, person_of
from listenlink.web.desk.signing_in import PERSON
from listenlink.web.given import Given
from listenlink.wire.bodies import LABEL_LENGTH

LINKS, EVERYBODY = "/desk/links", "everybody"
PER_PAGE = 50


class Row(NamedTuple):
    """A link as the desk's pages show it: its page's address, and that of what it leads to. `maker` is the
    e-mail of who made it, where that may be somebody else; None of who is no member any more."""

    told: ToldLink
    path: str
    target_path: str
    target_id: str
    state: LinkState
    is_own: bool
    maker: str | None


class Seen(NamedTuple):
    """What an owner sees: everybody's links, or one member's, and who the members are, by user."""

    caller: Caller
    creator_id: int | None
    makers: Mapping[int, str]


def row_of(told: ToldLink, now_us: int, seen: Seen | None = None) -> Row:
    """What a page shows of a link; it's the reader's own unless `seen` says otherwise."""
    share = told.share
    is_track = share.target_type is TargetType.TRACK
    target_id = ids.public_id(ids.TRACK if is_track else ids.COLLECTION, share.target_id)
    return Row(
        told,
        f"{LINKS}/{ids.public_id(ids.SHARE, share.id)}",
        f"/desk/{'tracks' if is_track else 'collections'}/{target_id}",
        target_id,
        share.state(now_us),
        seen is None or share.creator_id == seen.caller.owner.user_id,
        None if seen is None else seen.makers.get(share.creator_id),
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
    owning, person, asked = room.owning, person_of(request), _asked(request)
    target, now_us = find_target(asked["target"]), owning.clock.now_us()
    if asked["target"] and target is None:
        raise Problem(ProblemKind.NOT_FOUND)
    makers = await list_makers(owning.database, person.caller) if person.role == "owner" else {}
    seen = _seen(person, asked["whose"], makers) if asked["whose"] else None
    part = Slice(PER_PAGE, after=place_after(room, request, "after", LINKS))
    found = await list_links(
        owning.database,
        person.caller if seen is None else seen.caller,
        target,
        LinkState(asked["state"]) if asked["state"] else None,
        now_us,
        part,
        asked["q"],
        None if seen is None else seen.creator_id,
    )
    kept = {name: value for name, value in asked.items() if value}
    after = found.place and {"after": owning.cursors.write(found.place, LINKS)}
    return await room.page(
        request,
        "links",
        rows=[row_of(told, now_us, seen) for told in found.items],
        asked=asked,
        makers={ids.public_id(ids.USER, number): email for number, email in makers.items()},
        first=_address(kept) if part.after else None,
        following=_address(kept | after) if after else None,
    )


def _asked(request: Asked) -> dict[str, str]:
    """What the list is narrowed to; a state that there isn't stands for any."""
    query = request.query_params
    state = query.get("state", "")
    return {
        "q": query.get("q", "").replace("\0", "").strip()[:LABEL_LENGTH],
        "state": state if state in {*LinkState} else "",
        "target": query.get("target", ""),
        "whose": query.get("whose", ""),
    }


def _seen(person: Person, whose: str, makers: Mapping[int, str]) -> Seen:
    """Whose links are asked for. Nobody but an owner learns whether there is such a person:
    Problem(NOT_FOUND)."""
    creator_id = ids.parse_id(ids.USER, whose)
    if person.role != "owner" or (whose != EVERYBODY and creator_id not in makers):
        raise Problem(ProblemKind.NOT_FOUND)
    return Seen(seeing_all(person.caller), creator_id, makers)


def _address(query: dict[str, str]) -> str:
    return f"{LINKS}?{urlencode(query)}" if query else LINKS
