"""Sharing: the form that makes a link, and what shows it, once."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from listenlink.actions import make_link as making
from listenlink.actions.authenticate import Caller, require_access
from listenlink.actions.idempotency import AnsweredBefore, Once
from listenlink.actions.idempotency import Asked as AskedOnce
from listenlink.actions.make_link import NewLink
from listenlink.errors import Problem, invalid
from listenlink.model import ids, share_token
from listenlink.model.share import TargetType
from listenlink.model.terms import AskedTerms
from listenlink.threads import WORK
from listenlink.web.caller import path_id
from listenlink.web.desk.room import Asked, Room, person_of, read_form, read_json
from listenlink.web.desk.sharing_with_each import MOST_BYTES, make_for_each, to_take_along
from listenlink.web.desk.signing_in import PERSON
from listenlink.web.desk.terms_form import STAYS, read_terms
from listenlink.web.given import Given
from listenlink.web.pages.qr_code import QrCode, draw_qr_code
from listenlink.web.paths import SHARED_PATH

_OWN_KEY = re.compile(r"[!-~]{1,64}")


class _Made(msgspec.Struct, frozen=True):
    """What is shown of a new link, once. Times in epoch µs."""

    id: str
    url: str
    expires_at: int | None
    starts_at: int | None
    max_opens: int | None


@get("/desk/tracks/{track_id:str}/share", opt=PERSON, include_in_schema=False)
async def show_track_form(
    track_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """The form that shares one of the person's tracks."""
    return await _show(room, request, TargetType.TRACK, path_id(ids.TRACK, track_id))


@post("/desk/tracks/{track_id:str}/share", opt=PERSON, include_in_schema=False)
async def share_track(
    track_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """Make a link to one of the person's tracks."""
    return await _share(room, request, TargetType.TRACK, path_id(ids.TRACK, track_id))


@get("/desk/collections/{collection_id:str}/share", opt=PERSON, include_in_schema=False)
async def show_collection_form(
    collection_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """The form that shares one of the person's collections."""
    number = path_id(ids.COLLECTION, collection_id)
    return await _show(room, request, TargetType.COLLECTION, number)


@post("/desk/collections/{collection_id:str}/share", opt=PERSON, include_in_schema=False)
async def share_collection(
    collection_id: FromPath[str], room: Given[Room], request: Asked
) -> Response[bytes]:
    """Make a link to one of the person's collections."""
    number = path_id(ids.COLLECTION, collection_id)
    return await _share(room, request, TargetType.COLLECTION, number)


@post("/desk/qr", opt=PERSON, include_in_schema=False, status_code=200)
async def draw_qr(room: Given[Room], request: Asked) -> QrCode:
    """The QR code of a link, for the script that holds it: an address with the link in it would be in logs,
    and where no addresses are kept nobody else knows it."""
    sent = await read_json(request)
    before, _, token = str(sent.get("url", "")).rpartition(SHARED_PATH)
    if before != room.owning.settings.base_url or not share_token.is_well_formed(token):
        raise invalid("url", "This is no link of this server.")
    return await WORK.run(partial(draw_qr_code, before + SHARED_PATH + token))


async def _show(room: Room, request: Asked, kind: TargetType, number: int) -> Response[bytes]:
    shown = await _shown(room, _sharer(request), kind, number)
    shown |= {"own_key": secrets.token_hex(16), "made": None, "password": None}
    return await room.page(request, "share", **shown)


async def _share(room: Room, request: Asked, kind: TargetType, number: int) -> Response[bytes]:
    form, caller = await read_form(request, MOST_BYTES), _sharer(request)
    shown = await _shown(room, caller, kind, number)
    own_key = form["own_key"] if _OWN_KEY.fullmatch(form["own_key"]) else secrets.token_hex(16)
    try:
        asked = read_terms(form)
        if form["expires"] == STAYS:
            raise invalid("expires", "Choose how long.")
        route = f"{request.method} {request.url.path}"
        once = AskedOnce(caller.owner, route, f"{own_key} {_digest(form)}", b"")
        if form["recipients"].strip():
            each = await make_for_each(
                room, caller, once, (kind, number), asked, form["recipients"]
            )
            shown |= {"password": asked.get("password"), **to_take_along(each)}
            return await room.page(request, "made_for_each", **shown)
        made = await _make_once(room, caller, once, kind, number, asked)
    except Problem as problem:
        shown |= {"typed": form, "own_key": own_key, "made": None, "password": None}
        shown["fault_line"] = problem.details.get("line")
        return await room.refused(request, problem, "share", **shown)
    code = await WORK.run(partial(draw_qr_code, made.url))
    password = asked.get("password")
    return await room.page(request, "share", **shown, made=made, qr=code, password=password)


async def _shown(room: Room, caller: Caller, kind: TargetType, number: int) -> dict[str, Any]:
    title = await making.get_title(room.owning.database, caller, kind, number)
    is_track = kind is TargetType.TRACK
    named = ids.public_id(ids.TRACK if is_track else ids.COLLECTION, number)
    return {"title": title, "target": f"/desk/{'tracks' if is_track else 'collections'}/{named}"}


async def _make_once(
    room: Room,
    caller: Caller,
    once: AskedOnce,
    kind: TargetType,
    number: int,
    asked: AskedTerms,
) -> _Made:
    """Make the link, or tell again what the same form made before: it was sent twice."""
    owning = room.owning
    now_us = owning.clock.now_us()

    def tell(made: NewLink) -> bytes:
        share, url = made.share, owning.settings.base_url + SHARED_PATH + made.token
        named = ids.public_id(ids.SHARE, share.id)
        return msgspec.json.encode(
            _Made(named, url, share.expires_at, share.starts_at, share.max_opens)
        )

    doing: Once[NewLink] = Once(owning.sealer, once, tell, now_us, owning.clock.certain_us())
    parts = (owning.database, owning.token_sealer, caller)
    try:
        await making.make_link(*parts, kind, number, asked, now_us, doing)
    except AnsweredBefore as before:
        return msgspec.json.decode(before.answer, type=_Made)
    return msgspec.json.decode(doing.answer, type=_Made)


def _sharer(request: Asked) -> Caller:
    """Whoever may share. Raises Problem(INSUFFICIENT_SCOPE)."""
    caller = person_of(request).caller
    require_access(caller, None, "share")
    return caller


def _digest(form: Mapping[str, str]) -> str:
    """What tells a form that was sent again from one that was changed, and is another link."""
    return hashlib.sha256(msgspec.json.encode(sorted(form.items()))).hexdigest()
