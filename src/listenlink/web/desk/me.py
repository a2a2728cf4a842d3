"""What somebody is known by, where they're signed in, and their keys."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from listenlink.actions.manage_keys import deactivate_key
from listenlink.actions.signing_in.show_account import show_account
from listenlink.actions.signing_in.sign_in import act_elsewhere, end_sign_in
from listenlink.actions.signing_in.sign_in_by_password import forget_password, set_password
from listenlink.actions.signing_in.use_passkey import remove_passkey
from listenlink.errors import Problem, ProblemKind
from listenlink.model.password import make_password
from listenlink.web.desk.room import (
    HOME,
    TRACKS,
    Asked,
    Room,
    person_of,
    read_form,
    read_json,
    whole_number,
)
from listenlink.web.desk.signing_in import PERSON
from listenlink.web.desk.telling import tell_mails
from listenlink.web.desk.webhook_rows import list_webhook_rows
from listenlink.web.given import Given

_MOST_DIGITS = 18


@get(HOME, opt=PERSON, include_in_schema=False)
async def show_me(room: Given[Room], request: Asked) -> Response[bytes]:
    """All of it on one page."""
    return await room.page(request, "me", **await shown_of_me(room, request))


async def shown_of_me(room: Room, request: Asked) -> dict[str, Any]:
    """What the page shows."""
    desk = room.desk
    account = await show_account(desk.database, person_of(request), desk.clock.now_us())
    return (
        await tell_mails(room, request)
        | {
            "account": account,
            "passkeys": desk.passkeys.is_offered,
            "suggested": make_password(),
            "comes_from": "me",
        }
        | await list_webhook_rows(room, request)
    )


@post("/desk/me/password", opt=PERSON, include_in_schema=False)
async def choose_password(room: Given[Room], request: Asked) -> Response[bytes]:
    """Set a password, in place of an earlier one."""
    form, desk, person = await read_form(request), room.desk, person_of(request)
    try:
        signed_in = await set_password(
            desk.database, desk.audit, person, form["password"], room.asker(request)
        )
    except Problem as problem:
        shown = await shown_of_me(room, request) | {"suggested": form["password"]}
        if form["from"] == "offer":
            return await room.refused(request, problem, "offer", **shown | {"comes_from": "offer"})
        return await room.refused(request, problem, "me", **shown)
    return room.see(_behind(form["from"]), "password_set", signed_in)


@post("/desk/me/password/remove", opt=PERSON, include_in_schema=False)
async def drop_password(room: Given[Room], request: Asked) -> Response[bytes]:
    """Have none any more."""
    desk, person = room.desk, person_of(request)
    done = await forget_password(desk.database, desk.audit, person, room.asker(request))
    return room.see(HOME, "password_removed", done)


@post("/desk/me/passkeys/ask", opt=PERSON, include_in_schema=False, status_code=200)
async def ask_to_add_passkey(room: Given[Room], request: Asked) -> dict[str, object]:
    """What a browser is asked, to make a passkey."""
    await read_json(request)
    desk = room.desk
    return dict(await desk.passkeys.ask_to_add(person_of(request), desk.clock.now_us()))


@post("/desk/me/passkeys", opt=PERSON, include_in_schema=False)
async def add_passkey(room: Given[Room], request: Asked) -> Response[bytes]:
    """Be known by what the browser made. It's called by the browser that made it."""
    answer, desk, asker = await read_json(request), room.desk, room.asker(request)
    person = person_of(request)
    done = await desk.passkeys.add(desk.audit, person, answer, asker.browser, asker)
    way = _behind(request.query_params.get("from", ""))
    return room.led_by_script(f"{way}?done=passkey_added", done)


@post("/desk/me/passkeys/remove", opt=PERSON, include_in_schema=False)
async def drop_passkey(room: Given[Room], request: Asked) -> Response[bytes]:
    """Be known by one of them no more."""
    desk, number = room.desk, _number(await read_form(request), "passkey")
    done = await remove_passkey(
        desk.database, desk.audit, person_of(request), number, room.asker(request)
    )
    return room.see(HOME, "passkey_removed", done)


@post("/desk/me/sign-ins/end", opt=PERSON, include_in_schema=False)
async def end_one_sign_in(room: Given[Room], request: Asked) -> Response[bytes]:
    """Be signed in there no more, here or elsewhere."""
    number = _number(await read_form(request), "sign_in")
    await end_sign_in(room.desk.database, person_of(request), number)
    return room.see(HOME, "sign_in_ended")


@post("/desk/me/organization", opt=PERSON, include_in_schema=False)
async def change_organization(room: Given[Room], request: Asked) -> Response[bytes]:
    """Act in another of one's organisations."""
    number = _number(await read_form(request), "organization")
    await act_elsewhere(room.desk.database, person_of(request), number)
    return room.see(HOME, "organization_changed")


@post("/desk/me/keys/end", opt=PERSON, include_in_schema=False)
async def end_key(room: Given[Room], request: Asked) -> Response[bytes]:
    """End one of one's own keys."""
    desk, number = room.desk, _number(await read_form(request), "key")
    await deactivate_key(desk.database, person_of(request).caller, number, desk.clock.now_us())
    return room.see(HOME, "key_ended")


def _behind(comes_from: str) -> str:
    """Who was offered it behind signing in goes on to what they came for."""
    return TRACKS if comes_from == "offer" else HOME


def _number(form: Any, name: str) -> int:
    """What stands in a hidden field. Anything else stands for nothing: Problem(NOT_FOUND)."""
    number = whole_number(form[name], _MOST_DIGITS)
    if number is None:
        raise Problem(ProblemKind.NOT_FOUND)
    return number
