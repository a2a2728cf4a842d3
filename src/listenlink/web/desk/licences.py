"""Declaring what may be done with one's music: of a track, and for what an organisation's people record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Response

from listenlink.actions.authenticate import Caller
from listenlink.actions.declare_licence import declare_default, find_default
from listenlink.actions.manage_library import change_track, list_declarations
from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.model.declared import Terms, declare
from listenlink.model.declaring import FIELDS, Declaring, require_declaring
from listenlink.model.licence import OWN_RECORDING, Licence
from listenlink.model.listing import Slice
from listenlink.model.track import Track
from listenlink.model.track_facts import TrackChanges
from listenlink.web.desk.room import TYPED, Asked, Room, told_here
from listenlink.web.pages.licence_choices import licence_choices, licence_of_terms

OWNER = {"desk": "owner"}
_TOLD_HERE = TYPED | {ProblemKind.MADE_TOO_MANY}
# So many are told on a page; the API tells all.
_MOST_TOLD = 20


def read_licence(form: Mapping[str, str]) -> TrackChanges:
    """What a form declares, as a change of a track has it. Raises a 422 Problem if nothing is chosen."""
    terms, text = form["declared_licence"], form["attribution_text"]
    if not terms:
        raise invalid("declared_licence", "Choose a licence.")
    return {
        "declared_licence": terms,
        # For CC0 the field isn't shown, whatever was typed there before.
        "attribution_text": "" if terms == Terms.ZERO else text,
        "confirmed": form["confirmed"] == "yes",
    }


async def refuse_licence(
    room: Room,
    request: Asked,
    problem: Problem,
    name: str,
    form: Mapping[str, str],
    shown: Mapping[str, Any],
) -> Response[bytes]:
    """The page that the form is on, with what is wrong beside its field, and what was typed."""
    told = told_here(request, problem, _TOLD_HERE)
    if told.kind is ProblemKind.MADE_TOO_MANY:
        told = Problem(told.kind, told.message, field="declared_licence")
    typed = {field: form[field] for field in FIELDS}
    return await room.refused(request, told, name, _TOLD_HERE, **shown, typed=typed)


async def declare_of_form(
    room: Room, caller: Caller, track_id: int, form: Mapping[str, str]
) -> None:
    """Declare it of the caller's track. Raises Problem as `change_track` does."""
    owning = room.owning
    await change_track(owning.database, caller, track_id, read_licence(form), owning.clock.now_us())


async def tell_licence(room: Room, caller: Caller, track: Track) -> dict[str, Any]:
    """What `desk/track_licence.html` shows of the caller's own track: what can be declared, what links from
    before tell if that's something else, and who declared what."""
    owning, now_us = room.owning, room.owning.clock.now_us()
    declared = await list_declarations(owning.database, caller, track.id, Slice(_MOST_TOLD))
    found = declared.items
    undeclared = Terms.LISTEN_ONLY if track.engine == OWN_RECORDING else None
    chosen, text = (found[0].terms, found[0].attribution_text) if found else (undeclared, None)
    return {
        "choices": licence_choices(
            owning.registry, now_us, track.engine, track.stamp, track.created_at
        ),
        "is_own_recording": track.engine == OWN_RECORDING,
        "chosen": chosen,
        "credit": text or "",
        "earlier": _earlier(room, track, now_us),
        "history": [(one, licence_of_terms(one.terms, now_us)) for one in found],
        "has_older": declared.place is not None,
    }


def _earlier(room: Room, track: Track, now_us: int) -> list[tuple[int, Licence]]:
    """What links tell that were made until each moment, the newest first, as far as it's another licence than
    the one behind it."""
    registry = room.owning.registry
    behind, told = track.licence(registry, now_us), []
    for until, _ in reversed(track.declarations.since[1:] if track.declarations else ()):
        licence = track.licence(registry, now_us, until)
        if licence != behind:
            told.append((until, licence))
        behind = licence
    return told


async def tell_default(room: Room, caller: Caller) -> dict[str, Any]:
    """What own recordings are told as that are uploaded now, with nothing said of them; who declared it."""
    owning, now_us = room.owning, room.owning.clock.now_us()
    found = await find_default(owning.database, caller)
    terms, text = (found.terms, found.attribution_text) if found else (Terms.LISTEN_ONLY, None)
    declared = declare(terms, is_credited=text is not None, at_us=now_us) if found else None
    stamp = owning.registry.stamp(OWN_RECORDING, now_us)
    return {
        "choices": licence_choices(owning.registry, now_us),
        "default": found,
        "default_licence": owning.registry.told(
            OWN_RECORDING, stamp, now_us, now_us, declared, text
        ),
        "chosen": terms,
        "credit": text or "",
    }


def read_default(form: Mapping[str, str]) -> Declaring:
    """What a form declares as the default. Raises a 422 Problem that names the field."""
    return require_declaring({**read_licence(form)})


async def declare_default_of_form(room: Room, caller: Caller, form: Mapping[str, str]) -> None:
    """Declare it for the organisation's own recordings. Raises Problem as `declare_default` does."""
    owning = room.owning
    await declare_default(owning.database, caller, read_default(form), owning.clock.now_us())
