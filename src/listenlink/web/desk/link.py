"""One link of a person's: its address, its terms, its numbers; changed, given a new address, closed.

What can't be taken back is asked on a page of its own. What is out of date by then is refused there in words.
"""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from listenlink.actions import manage_links as managing
from listenlink.actions.authenticate import Caller
from listenlink.actions.keep_address import find_token
from listenlink.actions.revoke_link import revoke_link
from listenlink.actions.see_all_links import list_makers, seeing_all
from listenlink.clock import DAY_US
from listenlink.errors import Problem, ProblemKind
from listenlink.model import ids
from listenlink.model.listing import Slice
from listenlink.model.terms import terms_of
from listenlink.web.caller import path_id
from listenlink.web.desk.links import LINKS, PER_PAGE, Seen, place_after, row_of
from listenlink.web.desk.room import TYPED, Asked, Room, person_of, read_form, whole_number
from listenlink.web.desk.signing_in import PERSON
from listenlink.web.desk.terms_form import fill_terms, read_terms
from listenlink.web.given import Given
from listenlink.web.pages.day_chart import make_chart
from listenlink.web.pages.heard_bar import make_bar
from listenlink.web.paths import SHARED_PATH

_LINK = LINKS + "/{share_id:str}"
_MOST_TRACKS, _MOST_DIGITS = 50, 9
# Also where the link isn't any more what its reader saw.
_TOLD_THERE = TYPED | {ProblemKind.CONFLICT}
_CHANGE, _TURN, _CLOSE = "change", "new-address", "close"


@get(_LINK, opt=PERSON, include_in_schema=False)
async def show_link(share_id: FromPath[str], room: Given[Room], request: Asked) -> Response[bytes]:
    """All that there is to know of it; to an owner of somebody else's what it is and its numbers."""
    caller = person_of(request).caller
    if person_of(request).role == "owner":
        caller = seeing_all(caller)
    return await room.page(request, "link", **await _whole(room, request, share_id, caller))


@get(f"{_LINK}/{_CHANGE}", opt=PERSON, include_in_schema=False)
async def show_change(
    share_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """Its terms, in a form."""
    shown = await _short(room, request, share_id)
    return await room.page(request, "link_change", **shown)


@post(f"{_LINK}/{_CHANGE}", opt=PERSON, include_in_schema=False)
async def change_link(
    share_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """Change its terms, unless they were changed since the form was shown."""
    form, owning, caller = await read_form(request), room.owning, person_of(request).caller
    number = path_id(ids.SHARE, share_id)
    try:
        parts, now_us = (owning.database, owning.token_sealer, caller), owning.clock.now_us()
        await managing.change_link(*parts, number, read_terms(form), now_us, form["seen"])
    except Problem as problem:
        shown = await _short(room, request, share_id)
        if shown["row"].told.share.revoked_at is not None:
            whole = await _whole(room, request, share_id)
            return await room.refused(request, problem, "link", _TOLD_THERE, **whole)
        typed = dict(shown["typed"]) | dict(form)
        # A box that isn't ticked isn't sent.
        typed |= {
            name: form[name]
            for name in ("strict_open", "allow_download", "preview", "no_password", "version")
        }
        shown |= {"typed": typed}
        return await room.refused(request, problem, "link_change", _TOLD_THERE, **shown)
    return room.see(f"{LINKS}/{share_id}", "link_changed")


@get(f"{_LINK}/{_TURN}", opt=PERSON, include_in_schema=False)
async def ask_to_turn(
    share_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """Say what a new address does to the old one."""
    return await room.page(request, "link_turn", **await _short(room, request, share_id))


@post(f"{_LINK}/{_TURN}", opt=PERSON, include_in_schema=False)
async def turn_link(share_id: FromPath[str], room: Given[Room], request: Asked) -> Response[bytes]:
    """Give it a new address, unless it got one since the page was shown. Where addresses aren't kept it's
    shown this once."""
    form, owning, caller = await read_form(request), room.owning, person_of(request).caller
    number, seen = path_id(ids.SHARE, share_id), form["seen"]
    rotation = whole_number(seen, _MOST_DIGITS)
    try:
        made = await managing.rotate_link(
            owning.database,
            owning.token_sealer,
            caller,
            number,
            seen=-1 if rotation is None else rotation,
        )
    except Problem as problem:
        whole = await _whole(room, request, share_id)
        return await room.refused(request, problem, "link", _TOLD_THERE, **whole)
    if owning.token_sealer.newest is not None:
        return room.see(f"{LINKS}/{share_id}", "link_turned")
    whole = await _whole(room, request, share_id)
    return await room.page(
        request, "link", **whole | {"url": _url(room, made.token), "is_shown_once": True}
    )


@get(f"{_LINK}/{_CLOSE}", opt=PERSON, include_in_schema=False)
async def ask_to_close(
    share_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """Say what closing means for who is listening."""
    return await room.page(request, "link_close", **await _short(room, request, share_id))


@post(f"{_LINK}/{_CLOSE}", opt=PERSON, include_in_schema=False)
async def close_link(share_id: FromPath[str], room: Given[Room], request: Asked) -> Response[bytes]:
    """Close it; doing it again changes nothing."""
    owning, number = room.owning, path_id(ids.SHARE, share_id)
    await read_form(request)
    now_us = owning.clock.now_us()
    await revoke_link(owning.database, person_of(request).caller, number, now_us)
    return room.see(f"{LINKS}/{share_id}", "link_closed")


async def _short(room: Room, request: Asked, share_id: str) -> dict[str, Any]:
    """What the pages show that ask: the link, what closing does, its terms as a form has them."""
    owning, number = room.owning, path_id(ids.SHARE, share_id)
    told = await managing.get_link(owning.database, person_of(request).caller, number)
    terms = terms_of(told.share)
    return {
        "row": row_of(told, owning.clock.now_us()),
        "revocation": owning.revocation,
        "typed": fill_terms(terms),
        "mark": managing.mark_terms(terms),
    }


async def _whole(
    room: Room, request: Asked, share_id: str, caller: Caller | None = None
) -> dict[str, Any]:
    """What the link's own page shows. The address is its maker's, whoever looks."""
    owning, caller = room.owning, caller or person_of(request).caller
    number, path, now_us = (
        path_id(ids.SHARE, share_id),
        f"{LINKS}/{share_id}",
        owning.clock.now_us(),
    )
    lately_seconds = owning.settings.playback_ttl_seconds
    told, sums = await managing.sum_up(owning.database, caller, number, lately_seconds, now_us)
    token, row = None, row_of(told, now_us)
    if told.share.creator_id == caller.owner.user_id:
        token = await find_token(owning.database, owning.token_sealer, caller, number)
    else:
        seen = Seen(caller, None, await list_makers(owning.database, caller))
        row = row_of(told, now_us, seen)
    part = Slice(PER_PAGE, after=place_after(room, request, "before", path))
    lines = await managing.list_lines(owning.database, caller, number, part)
    older = lines.place and owning.cursors.write(lines.place, path)
    return {
        "row": row,
        "url": token and _url(room, token),
        "is_shown_once": False,
        "are_kept": owning.token_sealer.newest is not None,
        "sums": sums,
        "chart": make_chart(sums.days, now_us // DAY_US),
        "bar": make_bar(sums.quarters),
        "lately_minutes": max(1, round(lately_seconds / 60)),
        "most_tracks": _MOST_TRACKS,
        "lines": lines.items,
        "older": older and f"{path}?before={older}",
        "is_later": part.after is not None,
    }


def _url(room: Room, token: str) -> str:
    return room.owning.settings.base_url + SHARED_PATH + token
