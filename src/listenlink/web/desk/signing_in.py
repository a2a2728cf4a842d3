"""Signing in and out: by password, by passkey, by a one-time link."""

from __future__ import annotations

from litestar import Response, get, post

from listenlink.actions.signing_in.sign_in import sign_out
from listenlink.actions.signing_in.sign_in_by_link import look_at_link, use_link
from listenlink.actions.signing_in.sign_in_by_password import sign_in_by_password
from listenlink.errors import Problem
from listenlink.model.password import make_password
from listenlink.web.desk.room import (
    HOME,
    SIGN_IN,
    TRACKS,
    Asked,
    Room,
    find_person_of,
    read_form,
    read_json,
)
from listenlink.web.given import Given

ANYBODY, PERSON = {"desk": "anybody"}, {"desk": "person"}
OFFER = "/desk/welcome/next"
# Not "cookies": that would be those of all hosts of the domain, whoever serves them (Clear Site Data, 3.1).
_FORGET = '"cache", "storage"'


@get("/", opt=ANYBODY, include_in_schema=False, sync_to_thread=False)
def lead(room: Given[Room], request: Asked) -> Response[bytes]:
    """To the desk, or to where one signs in."""
    return room.see(TRACKS if find_person_of(request) else SIGN_IN)


@get(SIGN_IN, opt=ANYBODY, include_in_schema=False)
async def show_sign_in(room: Given[Room], request: Asked) -> Response[bytes]:
    """Where one signs in."""
    return await room.page(request, "sign_in", passkeys=room.desk.passkeys.is_offered)


@post(SIGN_IN, opt=ANYBODY, include_in_schema=False)
async def sign_in(room: Given[Room], request: Asked) -> Response[bytes]:
    """By e-mail and password."""
    form, desk = await read_form(request), room.desk
    email, password = form["email"], form["password"]
    try:
        signed_in = await sign_in_by_password(
            desk.database, desk.attempts, desk.audit, email, password, room.asker(request)
        )
    except Problem as problem:
        typed, offered = {"email": email}, desk.passkeys.is_offered
        return await room.refused(request, problem, "sign_in", typed=typed, passkeys=offered)
    return room.see(TRACKS, signed_in=signed_in)


@post("/desk/sign-in/passkey/ask", opt=ANYBODY, include_in_schema=False, status_code=200)
async def ask_for_passkey(room: Given[Room], request: Asked) -> dict[str, object]:
    """What a browser is asked, to sign in by a passkey."""
    await read_json(request)
    return dict(room.desk.passkeys.ask_to_sign_in(room.desk.clock.now_us()))


@post("/desk/sign-in/passkey", opt=ANYBODY, include_in_schema=False)
async def sign_in_by_passkey(room: Given[Room], request: Asked) -> Response[bytes]:
    """By a passkey."""
    answer, desk = await read_json(request), room.desk
    signed_in = await desk.passkeys.sign_in(desk.audit, answer, room.asker(request))
    return room.led_by_script(TRACKS, signed_in)


@post("/desk/sign-out", opt=ANYBODY, include_in_schema=False)
async def end_own_sign_in(room: Given[Room], request: Asked) -> Response[bytes]:
    """Here, and nowhere else. Doing it again changes nothing."""
    await sign_out(room.desk.database, room.desk.audit, room.asker(request))
    answer = room.see(SIGN_IN, "signed_out")
    answer.headers["set-cookie"] = room.cookie.clear()
    answer.headers["clear-site-data"] = _FORGET
    return answer


@get("/desk/welcome", opt=ANYBODY, include_in_schema=False)
async def show_welcome(room: Given[Room], request: Asked) -> Response[bytes]:
    """Where a one-time link leads. Its secret isn't sent before somebody presses."""
    return await room.page(request, "welcome", welcome=None)


@post("/desk/welcome", opt=ANYBODY, include_in_schema=False)
async def use_welcome(room: Given[Room], request: Asked) -> Response[bytes]:
    """Use a one-time link. Whoever is signed in already is told first what it would do."""
    form, desk, person = await read_form(request), room.desk, find_person_of(request)
    secret, asker = form["link"].rpartition("#")[2].strip(), room.asker(request)
    welcome, typed = None, {"link": form["link"]}
    try:
        told = await look_at_link(desk.database, secret, asker.now_us)
        is_other = person is not None and person.email.lower() != told.email.lower()
        if not form["sure"] and (told.organization is not None or is_other):
            return await room.page(request, "welcome", welcome=told, typed=typed)
        signed_in = await use_link(desk.database, desk.audit, secret, asker, person)
    except Problem as problem:
        return await room.refused(request, problem, "welcome", welcome=welcome, typed=typed)
    return room.see(HOME, "joined") if signed_in is None else room.see(OFFER, signed_in=signed_in)


@get(OFFER, opt=PERSON, include_in_schema=False)
async def offer(room: Given[Room], request: Asked) -> Response[bytes]:
    """What one may be known by next time; nobody has to."""
    offered = room.desk.passkeys.is_offered
    return await room.page(
        request, "offer", passkeys=offered, suggested=make_password(), comes_from="offer"
    )
