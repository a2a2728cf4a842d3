"""Say of a recording how much of it a machine made: when it comes in, by its engine and its creator; later,
by its creator. Nobody says less than was said before."""

from __future__ import annotations

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller
from listenlink.actions.note_account import note_account
from listenlink.errors import invalid
from listenlink.model import ids
from listenlink.model.licence import EngineRegistry
from listenlink.model.mark import Ai, Mark
from listenlink.model.track import Track
from listenlink.model.versions import Version
from listenlink.store import marks
from listenlink.store.marked_tracks import marked_one


def mark_first(
    connection: Connection, registry: EngineRegistry, track: Track, audio_id: int, declared: Ai
) -> Track:
    """Write what is known of a track that was just added, and return it with that."""
    mark = _of_engine(registry, track.engine, track.created_at, declared)
    marks.add_mark(
        connection, track.organization_id, track.id, track.version, audio_id, track.engine, mark
    )
    return marked_one(connection, track)


def mark_version(
    connection: Connection, registry: EngineRegistry, track: Track, version: Version, audio_id: int
) -> None:
    """Write what is known of a version that was just added to a track."""
    mark = _of_engine(registry, version.engine, version.created_at, Ai.NONE)
    marks.add_mark(
        connection,
        track.organization_id,
        track.id,
        version.number,
        audio_id,
        version.engine,
        mark,
    )


def declare_ai(connection: Connection, caller: Caller, track: Track, ai: Ai, now_us: int) -> None:
    """Record what the creator says of the caller's track, of all its versions. What holds already isn't
    recorded again. Raises a 422 Problem for less than was declared before."""
    if ai < track.mark.by_creator:
        raise invalid("ai", "This isn't taken back: more may be declared of it, but not less.")
    if marks.declare_ai(connection, track.id, ai):
        note_account(connection, caller, "ai_declared", ids.public_id(ids.TRACK, track.id), now_us)


def _of_engine(registry: EngineRegistry, engine: str, at_us: int, declared: Ai) -> Mark:
    return Mark(registry.ai(engine, at_us), engine, declared)
