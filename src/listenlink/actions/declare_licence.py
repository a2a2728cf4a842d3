"""Declare what may be done with music that one made: of a track, or for what an organisation's people record
from now on."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, require_owner, write_as
from listenlink.actions.bound_making import require_few
from listenlink.actions.note_account import note_account
from listenlink.model import ids
from listenlink.model.declaring import Declaration, Declaring
from listenlink.model.licence import OWN_RECORDING
from listenlink.model.track import Track
from listenlink.store import declarations
from listenlink.store.database.database import Database
from listenlink.store.made_things import Made
from listenlink.store.newest_link import find_newest_moment


def declare_of_track(
    connection: Connection, caller: Caller, track: Track, said: Declaring, now_us: int
) -> None:
    """Record it, and write with the caller's track what now holds: for links from before, no more than they
    told; for links that are made from now on, what is declared. What holds already isn't recorded again.
    Raises Problem(MADE_TOO_MANY)."""
    before, declared = track.declarations, (said.at(now_us), said.attribution_text)
    if before is not None and (before.newest, before.newest_text) == declared:
        return
    since_us = find_newest_moment(connection, track.organization_id, now_us)
    changed = replace(track, declarations=said.after(before, track.engines, since_us))
    declarations.set_declared(connection, changed)
    _record(connection, caller, track.id, said, since_us)


def declare_first(
    connection: Connection, caller: Caller, track: Track, said: Declaring | None
) -> tuple[Track, Declaring | None]:
    """A track that is about to be added, with what is said of it, or by default of what people record; and
    what that is."""
    if said is None and track.engine == OWN_RECORDING:
        found = declarations.find_default(connection, track.organization_id)
        said = None if found is None else Declaring(found.terms, found.attribution_text)
    if said is None:
        return track, None
    return replace(track, declarations=said.first(track.created_at)), said


def record_first(
    connection: Connection, caller: Caller, track: Track, said: Declaring | None
) -> None:
    """Record what was declared of a track that was just added."""
    if said is not None:
        _record(connection, caller, track.id, said, track.created_at)


async def declare_default(
    database: Database, caller: Caller, said: Declaring, now_us: int
) -> Declaration:
    """Set what holds for what the organisation's people record from now on, unless they declare something
    themselves. Return it. Raises Problem: INSUFFICIENT_PERMISSIONS for no owner, MADE_TOO_MANY."""

    def declare(connection: Connection) -> Declaration:
        require_owner(connection, caller)
        _record(connection, caller, None, said, now_us)
        found = declarations.find_default(connection, caller.owner.organization_id)
        if found is None:
            raise RuntimeError("what was just recorded is there")
        return found

    return await write_as(database, caller, declare)


async def find_default(database: Database, caller: Caller) -> Declaration | None:
    """Return what holds for what the organisation's people record; None while nothing is declared."""
    return await database.read(
        lambda connection: declarations.find_default(connection, caller.owner.organization_id)
    )


def _record(
    connection: Connection, caller: Caller, track_id: int | None, said: Declaring, now_us: int
) -> None:
    require_few(connection, Made.DECLARATION, caller.owner, now_us)
    declarations.add_declaration(connection, caller.owner, track_id, said, now_us)
    about = said.terms.value if track_id is None else ids.public_id(ids.TRACK, track_id)
    note_account(connection, caller, "licence_declared", about, now_us)
