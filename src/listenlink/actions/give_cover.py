"""Give a track or a collection a cover, take its cover away, or let it be as it was without either.

What is stored is made anew of the picture that was sent, and belongs to the track or collection. No quota
counts it, as none counts covers from inside files; there must be room for it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import NamedTuple

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, require_standing, write_as
from listenlink.actions.manage_collections import get_own
from listenlink.actions.manage_library import get_made
from listenlink.actions.manage_tracks import discard_objects, remove_discarded
from listenlink.actions.promise_bytes import PromiseMaker
from listenlink.errors import Problem, invalid
from listenlink.media.covers import MOST_BYTES, REASONS, Answer, CoverMaker
from listenlink.media.disk.draft import Draft
from listenlink.media.storage import Storage
from listenlink.media.turns import Spending
from listenlink.model.cover import Cover, Covered
from listenlink.store import collections, derived, given_covers, tracks
from listenlink.store.database.database import BUSY_AFTER_SECONDS, Database

FIELD = "cover"
# The picture itself, and what is made of it.
_PROMISED_BYTES = MOST_BYTES + 4 * 1024 * 1024


class Looked(NamedTuple):
    """What something is called; whether a cover is shown of it; and whether that was decided here: a cover
    was given, or taken away."""

    name: str
    is_shown: bool
    is_given: bool


class CoverGiver:
    """Gives covers and takes them away."""

    def __init__(
        self,
        database: Database,
        storage: Storage,
        promises: PromiseMaker,
        spending: Spending | None = None,
    ) -> None:
        self._database = database
        self._storage = storage
        self._promises = promises
        self._maker = CoverMaker(spending=spending)

    @contextlib.asynccontextmanager
    async def receiving(self, caller: Caller, covered: Covered) -> AsyncIterator[Draft]:
        """Give an empty draft for the caller's picture to arrive in, as long as the block lasts; it's gone
        afterwards.

        Raises Problem, before anything has arrived: NOT_FOUND, also for what is somebody else's;
        INSUFFICIENT_PERMISSIONS for a track that was only saved; STORAGE_FULL.
        """
        await self._database.read(lambda c: _require_own(c, caller, covered))
        with self._promises.counting():
            async with self._promises.ourselves(_PROMISED_BYTES):
                draft = self._storage.drafts.begin()
                try:
                    yield draft
                finally:
                    draft.discard()

    async def look(self, caller: Caller, covered: Covered) -> Looked:
        """Return what there is. Raises Problem: NOT_FOUND and INSUFFICIENT_PERMISSIONS, as `receiving`."""

        def find(connection: Connection) -> Looked:
            name = _require_own(connection, caller, covered)
            is_given = given_covers.find_given(connection, covered) is not None
            if covered.track_id is None:
                shown = given_covers.find_of_collection(connection, covered.collection_id or 0)
                return Looked(name, shown is not None, is_given)
            sound = derived.find_sound(connection, covered.track_id)
            return Looked(name, sound.derived.cover_digest is not None, is_given)

        return await self._database.read(find)

    async def give(self, caller: Caller, covered: Covered, draft: Draft, now_us: int) -> None:
        """Make covers of the picture in the draft, and show them from now on.

        Raises Problem like `receiving`; a 422 Problem that says why of this no cover can be made;
        STORAGE_UNAVAILABLE.
        """
        made = await self._maker.make(draft.descriptor, caller.owner.user_id)
        if made.reason is not None:
            raise invalid(FIELD, REASONS[made.reason], reason=made.reason)
        await asyncio.shield(self._storage.carry_out(self._publish, caller, covered, made, now_us))

    async def take_away(self, caller: Caller, covered: Covered, now_us: int) -> None:
        """Show no cover from now on, not even one that the file or the tracks have. Raises Problem:
        NOT_FOUND and INSUFFICIENT_PERMISSIONS as `receiving` does."""

        def take(connection: Connection) -> list[bytes]:
            _require_own(connection, caller, covered)
            given = given_covers.find_given(connection, covered)
            if given is not None and given.cover is None:
                return []
            _touch(connection, covered, now_us)
            return given_covers.give(connection, covered, None)

        dropped = await write_as(self._database, caller, take)
        await discard_objects(self._database, self._storage, dropped)

    async def restore(self, caller: Caller, covered: Covered, now_us: int) -> None:
        """Let it be as if no cover had been given, nor taken away. Raises what `take_away` raises."""

        def restore(connection: Connection) -> list[bytes]:
            _require_own(connection, caller, covered)
            if given_covers.find_given(connection, covered) is None:
                return []
            _touch(connection, covered, now_us)
            return given_covers.take_back(connection, covered)

        dropped = await write_as(self._database, caller, restore)
        await discard_objects(self._database, self._storage, dropped)

    def _publish(self, caller: Caller, covered: Covered, made: Answer, now_us: int) -> None:
        drafts: list[Draft] = []
        try:
            for data in (made.large, made.small):
                drafts.append(self._storage.drafts.begin())
                drafts[-1].write(data)
                drafts[-1].content_type = "image/jpeg"
            cover = Cover(*(draft.digest for draft in drafts))

            def keep(connection: Connection) -> list[bytes]:
                require_standing(connection, caller)
                _require_own(connection, caller, covered)
                if given_covers.find_given(connection, covered) == given_covers.Given(cover):
                    return []
                _touch(connection, covered, now_us)
                return given_covers.give(connection, covered, cover)

            def commit() -> list[bytes]:
                return self._database.write_now(keep, within_seconds=BUSY_AFTER_SECONDS)

            dropped = self._storage.publish(drafts, commit, self._is_kept)
        finally:
            for draft in drafts:
                draft.discard()
        if dropped:
            try:
                remove_discarded(self._database, self._storage, dropped)
            except Problem:  # The cover is given, whatever becomes of the one before.
                self._storage.has_leftovers = True

    def _is_kept(self, digest: bytes) -> bool:
        return self._database.read_now(
            lambda connection: tracks.is_object_kept(connection, digest),
            within_seconds=BUSY_AFTER_SECONDS,
        )


def _require_own(connection: Connection, caller: Caller, covered: Covered) -> str:
    """What it's called."""
    if covered.track_id is not None:
        return get_made(connection, caller, covered.track_id).title
    return get_own(connection, caller, covered.collection_id or 0).name


def _touch(connection: Connection, covered: Covered, now_us: int) -> None:
    if covered.collection_id is not None:
        collections.change_collection(connection, covered.collection_id, {}, now_us)
