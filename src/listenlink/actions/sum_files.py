"""Make up the CRC-32 of files that were stored before these were kept: little by little, and at once where an
archive needs one.

A file's checksum never changes and is stored once it's known to be right, so it doesn't matter who else makes
the same one, nor when a process dies.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
from collections.abc import Collection
from time import monotonic

import structlog

from listenlink.errors import Problem
from listenlink.media.checksum import sum_and_close
from listenlink.media.storage import Storage
from listenlink.store import checksums
from listenlink.store.checksums import Unsummed
from listenlink.store.database.database import Database
from listenlink.threads import HOUSE

_log = structlog.get_logger()
# Whoever waits for an archive waits no longer than for anything else.
_PATIENCE_SECONDS = 4.0
# Of those that somebody waits for; whoever wants more asks again later.
_MOST_WANTED = 2000
_AT_ONCE = 100
_LEAST_PAUSE_SECONDS = 0.05
_FAULT_SECONDS = 30.0
# So often at most a damaged file is read for those who ask, and so soon one that was put back is found.
_HOPELESS_SECONDS = 5.0
# A node that was left behind by an update may still store some without.
_LOOK_SECONDS = 3600.0


class FileSummer:
    """Works through the files without a checksum, those first that somebody wants now."""

    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._storage = storage
        self._wanted: dict[int, Unsummed] = {}
        self._waiting: list[Unsummed] = []
        # When these were found damaged or lost: they aren't read again for each who asks.
        self._failed: dict[int, float] = {}
        self._after = 0
        self._woken = asyncio.Event()
        self._done = asyncio.Condition()
        self.summed = 0

    def hurry(self, files: Collection[Unsummed]) -> None:
        """Have these made before others."""
        for file in files:
            if len(self._wanted) < _MOST_WANTED and not self.is_hopeless(file):
                self._wanted.setdefault(file.audio_id, file)
        if files:
            self._woken.set()

    def is_hopeless(self, file: Unsummed) -> bool:
        """Whether it was found damaged or lost a moment ago."""
        return monotonic() - self._failed.get(file.audio_id, -math.inf) < _HOPELESS_SECONDS

    async def wait_for(self, files: Collection[Unsummed]) -> None:
        """Have these made now, and return once they are, or can't be, or after some seconds."""
        if any(map(self.is_hopeless, files)):
            return
        self.hurry(files)
        numbers = {file.audio_id for file in files}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS), self._done:
                await self._done.wait_for(lambda: numbers.isdisjoint(self._wanted))

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self._woken.clear()
            began = monotonic()
            try:
                pause = await self._step()
            except (Problem, OSError) as error:
                _log.warning("checksums_postponed", error=type(error).__name__)
                pause = _FAULT_SECONDS
            if self._wanted:
                continue
            if pause is None:
                # Half of the time at most: what listeners want comes first.
                pause = max(monotonic() - began, _LEAST_PAUSE_SECONDS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._woken.wait()

    async def _step(self) -> float | None:
        """Make one, or look for what there is to be made. How long until the next, if not as usual."""
        if self._wanted:
            number, file = next(iter(self._wanted.items()))
            try:
                await self._make(file)
            except (Problem, OSError):
                # Whoever waits for others needn't wait for them to fail as well.
                await self._tell_done(*self._wanted)
                raise
            await self._tell_done(number)
            return None
        if not self._waiting:
            return await self._look()
        await self._make(self._waiting.pop())
        return None

    async def _tell_done(self, *numbers: int) -> None:
        async with self._done:
            for number in numbers:
                self._wanted.pop(number, None)
            self._done.notify_all()

    async def _look(self) -> float:
        found = await self._database.read(
            lambda connection: checksums.list_unsummed(connection, self._after, _AT_ONCE)
        )
        # From the beginning again after the last: what couldn't be made may be there by then.
        self._after = found[-1].audio_id if found else 0
        # In another order by each process, so that they share the work.
        random.shuffle(found)
        self._waiting = found
        return _LEAST_PAUSE_SECONDS if found else _LOOK_SECONDS

    async def _make(self, file: Unsummed) -> None:
        """Read the file and store its checksum, unless another did so. Raises Problem and OSError if it can't
        be read now; one that is damaged or lost stays without."""
        number = file.audio_id
        if not await self._database.read(lambda c: checksums.is_unsummed(c, number)):
            return
        try:
            descriptor = await self._storage.carry_out(self._storage.open_object, file.digest)
        except FileNotFoundError:
            _log.warning("audio_missing", digest=file.digest.hex())
            self._give_up(number)
            return
        digest, crc32 = await HOUSE.run(sum_and_close, descriptor)
        if digest != file.digest:
            _log.error("object_has_other_bytes", digest=file.digest.hex())
            self._give_up(number)
            return
        await self._database.write(lambda c: checksums.keep_checksum(c, number, crc32))
        self.summed += 1

    def _give_up(self, number: int) -> None:
        self._failed.pop(number, None)
        self._failed[number] = monotonic()
        if len(self._failed) > _MOST_WANTED:
            del self._failed[next(iter(self._failed))]
