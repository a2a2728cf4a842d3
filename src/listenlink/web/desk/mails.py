"""How somebody is told of their links: a part of the page about oneself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Response, post

from listenlink.actions.telling.manage_settings import change_settings
from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.model.telling import Mails
from listenlink.web.desk.me import shown_of_me
from listenlink.web.desk.room import HOME, TYPED, Asked, Room, person_of, read_form, whole_number
from listenlink.web.desk.signing_in import PERSON
from listenlink.web.given import Given
from listenlink.web.pages.languages import LANGUAGES

_MOST_DIGITS = 9
_HERE = TYPED | {ProblemKind.CONFLICT}


@post("/desk/me/mails", opt=PERSON, include_in_schema=False)
async def choose_mails(room: Given[Room], request: Asked) -> Response[bytes]:
    """Be told like that from now on."""
    form, desk = await read_form(request), room.desk
    try:
        await change_settings(
            desk.database,
            person_of(request).caller,
            _changes(form),
            LANGUAGES,
            desk.clock.now_us(),
            sends_mail=desk.settings.sends_mail,
        )
    except Problem as problem:
        shown = await shown_of_me(room, request)
        return await room.refused(request, problem, "me", _HERE, **shown, typed=dict(form))
    return room.see(HOME, "mails_changed")


def _changes(form: Mapping[str, str]) -> dict[str, Any]:
    """What the form says; it has no fields for mails where there are none. Raises a 422 Problem."""
    changes: dict[str, Any] = {name: form[name] for name in ("language", "zone") if name in form}
    if "mails" in form:
        if form["mails"] not in list(Mails):
            raise invalid("mails", "Choose how often.")
        changes["mails"] = Mails(form["mails"])
    typed = form["spread_networks"].strip()
    changes["spread_networks"] = whole_number(typed, _MOST_DIGITS) if typed else None
    if typed and changes["spread_networks"] is None:
        raise invalid("spread_networks", "This is a whole number from 2 to 1000.")
    return changes
