"""Who is in an organisation, and who is invited, for its owners."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from types import SimpleNamespace
from typing import Any

from litestar import Response, get, post

from listenlink.actions.signing_in.mail_link import Mailed, mail_link
from listenlink.actions.signing_in.show_account import show_people
from listenlink.actions.signing_in.sign_in_by_link import NewSignInLink, invite, take_back
from listenlink.errors import Problem
from listenlink.model import ids
from listenlink.web.desk.room import Asked, Room, person_of, read_form
from listenlink.web.given import Given
from listenlink.web.pages.languages import choose_language
from listenlink.web.pages.link_mails import invitation_mail

OWNER = {"desk": "owner"}
PEOPLE = "/desk/people"


@get(PEOPLE, opt=OWNER, include_in_schema=False)
async def show_members(room: Given[Room], request: Asked) -> Response[bytes]:
    """Members, invitations, and what was done."""
    return await room.page(request, "people", **await _shown(room, request), invited=None)


@post(f"{PEOPLE}/invite", opt=OWNER, include_in_schema=False)
async def invite_somebody(room: Given[Room], request: Asked) -> Response[bytes]:
    """Make a link for somebody, and show it this once: an address that it could be read from later would
    be in histories."""
    form, desk, person = await read_form(request), room.desk, person_of(request)
    typed = {name: form[name] for name in ("email", "role", "by_mail")}
    shown = await _shown(room, request)
    try:
        made = await invite(
            desk.database, desk.audit, room.asker(request), person, form["email"], form["role"]
        )
    except Problem as problem:
        return await room.refused(request, problem, "people", **shown, invited=None, typed=typed)
    # What is made is shown, whatever else fails: nobody could be shown it again.
    with suppress(Problem):
        shown = await _shown(room, request)
    mailed = None
    if form["by_mail"] and desk.mailman is not None:
        mailed = await _mail(room, request, made, form["email"].strip(), shown)
    url = made.url(desk.settings.desk_url)
    invited = SimpleNamespace(url=url, ends_at=made.ends_at, mailed=mailed and mailed.name)
    return await room.page(request, "people", **shown, invited=invited, typed=typed)


async def _mail(
    room: Room, request: Asked, made: NewSignInLink, email: str, shown: dict[str, Any]
) -> Mailed | None:
    """Mail the invitation, in the language of whoever invites: of the invited nothing else is known."""
    desk, person = room.desk, person_of(request)
    if desk.mailman is None:
        return None
    language = choose_language(request.headers.get("accept-language", ""))
    name, desk_url = shown["people"].organization, desk.settings.desk_url
    written = invitation_mail(made, desk_url, name, person.email, language)
    organization_id, now_us = person.sign_in.organization_id, desk.clock.now_us()
    return await mail_link(desk.database, desk.mailman, email, written, organization_id, now_us)


@post(f"{PEOPLE}/take-back", opt=OWNER, include_in_schema=False)
async def take_invitation_back(room: Given[Room], request: Asked) -> Response[bytes]:
    """Let an invitation be over that nobody has accepted."""
    form, desk = await read_form(request), room.desk
    asker, person = room.asker(request), person_of(request)
    try:
        await take_back(desk.database, desk.audit, asker, person, form["invitation"])
    except Problem as problem:
        shown = await _shown(room, request)
        return await room.refused(request, problem, "people", **shown, invited=None)
    return room.see(PEOPLE, "invitation_taken_back")


async def _shown(room: Room, request: Asked) -> dict[str, Any]:
    desk = room.desk
    people = await show_people(desk.database, person_of(request), desk.clock.now_us())
    public = partial(ids.public_id, ids.USER)
    return {"people": people, "public": public, "sends_mail": desk.mailman is not None}
