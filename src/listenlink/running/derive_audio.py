"""Derives from stored audio what listeners see and browsers can play, some files at a time, by users' turns.

This happens after the upload is answered. What was begun but not finished, because the process died,
is begun again later; what can't be made stays missing, and the track is none the worse for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os

import structlog
from sqlalchemy import Connection

from listenlink.actions.promise_bytes import PromiseMaker
from listenlink.actions.telling.note_tracks import note_ready
from listenlink.clock import Clock
from listenlink.errors import Problem
from listenlink.media.derive import RENDITION_CONTENT_TYPE, Answer, derive
from listenlink.media.disk.draft import Draft
from listenlink.media.storage import Storage
from listenlink.media.turns import Spending, Turn, Turns
from listenlink.model.sound import Derived
from listenlink.store import derived, tracks
from listenlink.store.database.database import BUSY_AFTER_SECONDS, Database
from listenlink.store.derived import Underived, Waiting

_log = structlog.get_logger()
_GIVEN_UP_US = 10 * 60 * 1_000_000
_RENEW_SECONDS = 120.0
_LOOK_SECONDS = 5.0
# AAC of 192 kbit/s, with its index, may overshoot by some percent; covers are JPEGs of 1024 and 256 pixels.
_RENDITION_BYTES_A_SECOND = 27_000
_OTHER_BYTES = 4 * 1024 * 1024


def most_derived_bytes(audio: Underived) -> int:
    """The most that is written of what is made from this audio: a rendition and two covers."""
    seconds = audio.sample_count // audio.sample_rate + 1
    return seconds * _RENDITION_BYTES_A_SECOND + _OTHER_BYTES


class GoneError(Exception):
    """The audio was deleted while something was being made from it."""


class AudioDeriver:
    """Works through the audio that is waiting. `wake` signals that there is some."""

    def __init__(
        self,
        database: Database,
        storage: Storage,
        clock: Clock,
        promises: PromiseMaker,
        spending: Spending | None = None,
    ) -> None:
        self._promises = promises
        self._database = database
        self._storage = storage
        self._clock = clock
        self._woken = asyncio.Event()
        self._turns = Turns(long_at_once=4, changed=self.wake, spending=spending)
        self._served: dict[int, int] = {}  # When each user who waits was last served: a count.
        self._begun = 0

    def wake(self) -> None:
        """Signal that there may be something to do."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled; even if not woken, look now and then for what others left undone or have no
        room for."""
        async with asyncio.TaskGroup() as working:
            while True:
                self._woken.clear()
                try:
                    while (taken := await self._take_next()) is not None:
                        working.create_task(self._work(*taken))
                        await asyncio.sleep(0)  # It takes its turn, before the next is looked for.
                except (Problem, OSError) as error:
                    _log.warning("derivation_postponed", error=type(error).__name__)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_SECONDS):
                        await self._woken.wait()

    async def derive_next(self) -> bool:
        """Derive what is to be made from one file. Returns False if none is waiting."""
        taken = await self._take_next()
        if taken is None:
            return False
        await self._work(*taken)
        return True

    async def _take_next(self) -> tuple[Underived, Waiting] | None:
        """What is to be worked on next, and for whom; None if nothing is waiting that has room.

        The first is a user from whose audio the fewest are being derived now, on any node; and of these
        whoever was served here longest ago.
        """
        room = self._turns.room
        if not room.is_open and not room.users:
            return None
        now_us = self._clock.now_us()
        given_up_us = now_us - _GIVEN_UP_US
        waiting = await self._database.read(lambda c: derived.list_waiting(c, now_us, given_up_us))
        served = {user: self._served.get(user, 0) for user, _ in waiting}
        self._served = served
        able = [each for each in waiting if (each.user_id in room.users) != room.is_open]
        for whose in sorted(able, key=lambda each: (each.begun, served[each.user_id])):
            user = whose.user_id
            taken = await self._database.write(
                lambda c, user=user: derived.take_underived(c, user, now_us, given_up_us)  # type: ignore[misc]
            )
            if taken is not None:
                self._begun += 1
                served[user] = self._begun
                return taken, whose
        return None

    async def _work(self, taken: Underived, whose: Waiting) -> None:
        drafts: list[Draft] = []
        async with self._turns.take(whose.user_id) as turn:
            renewing = asyncio.create_task(self._renew(taken))
            try:
                async with self._promises.ourselves(most_derived_bytes(taken)):
                    await self._derive(taken, drafts, turn, whose.begun)
            except (GoneError, FileNotFoundError):
                _log.info("derivation_dropped", digest=taken.digest.hex())
            except (Problem, OSError) as error:
                # The storage, the database or free descriptors are gone: that's nobody's fault here, and the
                # file needn't wait ten minutes.
                _log.warning("derivation_postponed", error=type(error).__name__)
                await asyncio.sleep(_LOOK_SECONDS)
                with contextlib.suppress(Problem):
                    await self._database.write(lambda c: derived.put_back(c, taken.id))
            finally:
                renewing.cancel()
                for draft in drafts:
                    draft.discard()

    async def _renew(self, taken: Underived) -> None:
        """Say now and then that it's still being worked on, however long that takes."""
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            with contextlib.suppress(Problem):
                await self._database.write(
                    lambda c: derived.renew(c, taken.id, self._clock.now_us())
                )

    async def _derive(self, taken: Underived, drafts: list[Draft], turn: Turn, others: int) -> None:
        drafts.append(self._storage.drafts.begin())
        rendition = drafts[0]
        audio = await self._storage.carry_out(self._storage.open_object, taken.digest)
        try:
            answer = await derive(
                audio, taken.sample_count, taken.sample_rate, rendition.descriptor, turn, others
            )
        finally:
            os.close(audio)
        await asyncio.shield(self._storage.carry_out(self._keep, taken, answer, drafts))

    def _keep(self, taken: Underived, answer: Answer, drafts: list[Draft]) -> None:
        made = Derived(loudness_lufs=answer.loudness_lufs, peaks=answer.peaks)
        rendition, published = drafts[0], []
        if answer.has_rendition:
            rendition.take_in()
            rendition.content_type = RENDITION_CONTENT_TYPE
            published.append(rendition)
            made = made._replace(
                rendition_digest=rendition.digest,
                rendition_size_bytes=rendition.size_bytes,
                rendition_content_type=RENDITION_CONTENT_TYPE,
            )
        if answer.cover and answer.cover_small:
            covers = [self._write(data, drafts) for data in (answer.cover, answer.cover_small)]
            published += covers
            made = made._replace(cover_digest=covers[0].digest, cover_small_digest=covers[1].digest)
        now_us = self._clock.now_us()

        def keep(connection: Connection) -> bool:
            is_kept = derived.keep_derived(connection, taken.id, made, now_us)
            note_ready(connection, taken.id, now_us)
            return is_kept

        def commit() -> None:
            if not self._database.write_now(keep, within_seconds=BUSY_AFTER_SECONDS):
                raise GoneError

        self._storage.publish(published, commit, self._is_kept)

    def _write(self, data: bytes, drafts: list[Draft]) -> Draft:
        drafts.append(self._storage.drafts.begin())
        drafts[-1].write(data)
        drafts[-1].content_type = "image/jpeg"
        return drafts[-1]

    def _is_kept(self, digest: bytes) -> bool:
        return self._database.read_now(
            lambda connection: tracks.is_object_kept(connection, digest),
            within_seconds=BUSY_AFTER_SECONDS,
        )
