"""Reads what stored files say of themselves, and signs what this server says of them, by users' turns.

This happens after the upload is answered, and after the fact for what was there before. What was begun but
not finished, because the process died, is begun again later; what can't be read says nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Collection
from functools import partial
from time import monotonic

import structlog
from sqlalchemy import Connection

from listenlink.clock import Clock
from listenlink.errors import Problem
from listenlink.media import manifests as media
from listenlink.media.sandbox.manifest_answer import Found
from listenlink.media.storage import Storage
from listenlink.media.turns import Spending, Turn, Turns
from listenlink.model.licence import EngineRegistry
from listenlink.model.mark import SAYER_LENGTH, Ai
from listenlink.model.marking_key import MarkingKey
from listenlink.model.one_line import one_line
from listenlink.running.make_manifest import ManifestMaker
from listenlink.store import manifests, marking, marks
from listenlink.store.database.database import Database
from listenlink.store.marking import Unread, Unsigned

_log = structlog.get_logger()
_LOOK_SECONDS, _PASS_SECONDS, _NEVER = 5.0, 60.0, float("-inf")
_RAISED_AT_ONCE, _PASSED_AT_ONCE = 500, 10_000


class AudioMarker:
    """Works through the files that weren't read, and the versions that aren't signed for. `wake` signals that
    there are some."""

    def __init__(
        self,
        database: Database,
        storage: Storage,
        registry: EngineRegistry,
        clock: Clock,
        key: MarkingKey | None,
        spending: Spending | None = None,
    ) -> None:
        self._database = database
        self._storage = storage
        self._registry = registry
        self._clock = clock
        self._woken = asyncio.Event()
        # One file at a time; but one that takes long goes on beside other users' files.
        self._turns = Turns(1, 2, most_of_one=1, changed=self.wake, spending=spending)
        self._maker = ManifestMaker(registry, clock, key)
        self._passed_at = _NEVER
        self._after = 0
        self.signed = self.read = 0

    @property
    def is_able(self) -> bool:
        """Whether this node reads what files say, and signs manifests."""
        return self.lacks is None

    @property
    def lacks(self) -> str | None:
        """What is missing for that, in a word."""
        return self._maker.lacks

    def wake(self) -> None:
        """Signal that there may be something to do."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled; even if not woken, look now and then for what others left undone."""
        async with asyncio.TaskGroup() as working:
            while True:
                self._woken.clear()
                try:
                    while self._turns.room.is_open and (one := await self._take_next()) is not None:
                        working.create_task(self._work_on(one))
                        await asyncio.sleep(0)  # It takes its turn, before the next is looked for.
                except (Problem, OSError) as error:
                    _log.warning("marking_postponed", error=type(error).__name__)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_SECONDS):
                        await self._woken.wait()

    async def mark_next(self) -> bool:
        """Read one file, and sign for the versions that have it; or raise what engines say, and sign for a
        version that was there before. False if there is nothing to do for now."""
        one = await self._take_next()
        if one is not None:
            await self._work(one)
        return one is not None

    async def _work_on(self, one: Unread | Unsigned) -> None:
        try:
            await self._work(one)
        except (Problem, OSError) as error:
            _log.warning("marking_postponed", error=type(error).__name__)
            await self._put_back(one)

    async def _put_back(self, one: Unread | Unsigned) -> None:
        """Have it taken again soon, not only once what was begun counts as given up, or at the next pass."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            with contextlib.suppress(Problem):
                await self._database.write(lambda c: marking.end(c, one.audio_id))
                break
        self._passed_at = _NEVER
        self.wake()

    async def _work(self, one: Unread | Unsigned) -> None:
        async with self._turns.take(one.user_id) as turn:
            if isinstance(one, Unread):
                await self._read(one, turn)
            else:
                await self._sign(one, turn)
            if turn.has_grown:
                self._passed_at = _NEVER  # Meanwhile the user's others were passed by.

    async def _take_next(self) -> Unread | Unsigned | None:
        """What nobody is at, of a user who has nothing running here; None if there is nothing for now."""
        if media.is_able() and (unread := await self._take_unread()) is not None:
            return unread
        while self._turns.have_all_grown and monotonic() - self._passed_at >= _PASS_SECONDS:
            if (unsigned := await self._pass_on()) is not None:
                return unsigned
        return None

    async def _pass_on(self) -> Unsigned | None:
        """Go on through all versions, some at a time, up to the first that is to be signed for."""
        if self._after == 0:
            await self._raise_engines()
        end = None
        if self.is_able:
            end = await self._database.read(
                lambda c: marking.find_slice_end(c, self._after, _PASSED_AT_ONCE)
            )
            unsigned = await self._take_unsigned(self._after, end, self._turns.room.users)
            if unsigned is not None:
                self._after = unsigned.track_id - 1  # It may have other versions.
                return unsigned
        self._after = end or 0
        if end is None:
            self._passed_at = monotonic()
        return None

    async def _raise_engines(self) -> None:
        """Raise what is known of versions to what the registry says of their engines now."""
        for terms in self._registry.list_in_force(self._clock.now_us()):
            engine, ai = terms.engine, terms.ai or Ai.NONE
            asking = partial(marking.is_said_more, engine=engine, ai=ai)
            raising = partial(marks.raise_engine, engine=engine, ai=ai, most=_RAISED_AT_ONCE)
            while await self._database.read(asking):
                await self._database.write(raising)

    async def _take_unread(self) -> Unread | None:
        # Looked for without the right to write, for which others wait: mostly there is nothing.
        now_us, busy = self._clock.now_us(), self._turns.room.users
        found = await self._database.read(lambda c: marking.find_unread(c, now_us, busy))
        if found is None or not await self._database.write(
            lambda c: marking.begin_reading(c, found.audio_id, now_us)
        ):
            return None
        return found

    async def _read(self, file: Unread, turn: Turn) -> None:
        """Store what a file says itself, and sign for the versions that have it."""
        async with self._open(file.digest) as descriptor:
            if descriptor is None:
                return
            found = None
            if await media.may_hold_manifest(descriptor, file.content_type):
                found = await media.read_manifest(descriptor, turn)
        now_us = self._clock.now_us()

        def keep(connection: Connection) -> list[int]:
            marks.keep_claim(connection, file.audio_id, *_claim(found), now_us)
            marking.end(connection, file.audio_id)
            return marking.list_tracks_of(connection, file.audio_id)

        tracks = await self._database.write(keep)
        self.read += 1
        for track_id in tracks:
            while version := await self._take_unsigned(track_id - 1, track_id):
                await self._sign(version, turn)

    async def _take_unsigned(
        self, after: int, up_to: int | None, but_of: Collection[int] = ()
    ) -> Unsigned | None:
        """Begin the first version that is to be signed for, of a track whose number is within these bounds;
        None if there is none, or nothing can be signed."""
        while self.is_able:
            now_us = self._clock.now_us()
            version = await self._database.read(
                lambda c: marking.find_unsigned(c, after, up_to, now_us, but_of)  # noqa: B023
            )
            # If it can't be begun, another node is at it, and it isn't found again.
            if version is None or await self._database.write(
                lambda c: marking.begin_signing(c, version, now_us)  # noqa: B023
            ):
                return version
        return None

    async def _sign(self, version: Unsigned, turn: Turn) -> None:
        """Make and store a version's manifest. What can't be made now is tried again later."""
        mark = await self._database.read(
            lambda c: marks.find_marks(c, {version.track_id: version.version})[version.track_id]
        )
        async with self._open(version.digest) as descriptor:
            if descriptor is None:
                return
            manifest = await self._maker.make(descriptor, version, mark, turn)
        if manifest is None:
            _log.warning("manifest_not_made", track_id=version.track_id, version=version.version)
            return

        def keep(connection: Connection) -> None:
            manifests.keep_manifest(connection, version.track_id, version.version, manifest)
            marking.end(connection, version.audio_id)

        await self._database.write(keep)
        self.signed += 1

    @contextlib.asynccontextmanager
    async def _open(self, digest: bytes) -> AsyncIterator[int | None]:
        try:
            descriptor = await self._storage.carry_out(self._storage.open_object, digest)
        except FileNotFoundError:  # Deleted meanwhile; or lost: the operator should know.
            _log.warning("audio_missing", digest=digest.hex())
            yield None
            return
        with os.fdopen(descriptor, "rb", buffering=0):
            yield descriptor


def _claim(found: Found | None) -> tuple[Ai, str | None]:
    """What a file claims, and in whose name. A manifest that doesn't hold for these bytes claims it as well:
    it's what is left when a title is corrected, and saying nothing would be the easiest way to lose a mark.
    But nobody's word stands behind that."""
    if found is None:
        return Ai.NONE, None
    says = found.sayer if found.state == "valid" and found.ai else None
    return Ai(found.ai), one_line(says)[:SAYER_LENGTH] or None if says else None
