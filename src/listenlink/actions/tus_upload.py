"""Upload a track in pieces: begin, send, resume after any interruption, and get the track exactly once.

An upload is a row and, until its track is made, a draft whose size is the offset. Whoever works on an
upload holds its draft's lock. The track and the record that it was made are one transaction, so neither
a piece that is sent again nor a server that dies ever makes a second.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import replace
from functools import partial

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, write_as
from listenlink.actions.begun_upload import IDLE_US, KEPT_US, OfTrack, Progress, ends_at, facts_of
from listenlink.actions.idempotency import Doing, always
from listenlink.actions.manage_versions import add_version, require_room
from listenlink.actions.promise_bytes import PAUSE_US, PromiseMaker
from listenlink.actions.receive_chunk import Chunk, receive_chunk, require_fitting, too_large
from listenlink.actions.upload_track import TrackUploader
from listenlink.clock import SECOND_US
from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.media.disk.drafts import Drafts
from listenlink.media.disk.resumable_drafts import ResumableDraft, ResumableDrafts
from listenlink.model.moment import is_over
from listenlink.model.resumable_upload import ResumableUpload
from listenlink.model.track import Track
from listenlink.store import resumable_uploads as store
from listenlink.store.database.database import Database
from listenlink.threads import DISK

# A draft is made a moment before its row can be seen.
_ORPHANED_US = 600 * SECOND_US
# Of which no track will be made, so that nothing is left of it.
_NEVER = (
    ProblemKind.INVALID,
    ProblemKind.QUOTA_EXCEEDED,
    ProblemKind.NOT_FOUND,
    ProblemKind.INSUFFICIENT_PERMISSIONS,
)


class _MadeBeforeError(Exception):
    """Another request made the track meanwhile. Ends a transaction that changed nothing."""


class TusUploads:
    """Resumable uploads, by the tus protocol."""

    def __init__(
        self,
        database: Database,
        wholes: Drafts,
        drafts: ResumableDrafts,
        uploader: TrackUploader,
        max_bytes: int,
        promises: PromiseMaker,
    ) -> None:
        self._database = database
        self._wholes = wholes
        self._drafts = drafts
        self._uploader = uploader
        self._max_bytes = max_bytes
        self._promises = promises

    async def begin(
        self,
        caller: Caller,
        size_bytes: int,
        metadata: str,
        now_us: int,
        doing: Doing[ResumableUpload] = always,
    ) -> ResumableUpload:
        """Begin an upload of so many bytes; its metadata says what a form would say about a track, or
        about a version of one.

        Raises Problem: 413 over the limit, 422 for wrong facts and for an upload of nothing at all, and
        what a promise raises (`actions/promise_bytes.py`).
        """
        if size_bytes > self._max_bytes:
            raise too_large(self._max_bytes)
        if size_bytes == 0:
            raise invalid("Upload-Length", "The file is empty.", reason="empty")
        facts, _ = facts_of(metadata)

        def add(connection: Connection) -> ResumableUpload:
            if isinstance(facts, OfTrack):
                require_room(connection, caller, facts.track_id, is_current=facts.facts.is_current)
            upload = store.add_upload(connection, *caller.owner, size_bytes, metadata, now_us)
            self._promises.begin_in_pieces(connection, caller, upload.id, size_bytes, now_us)
            # Before the commit: a row always has its draft, and a draft without a row goes at the next start.
            self._drafts.create(upload.id)
            return replace(upload, promise_ends_at=now_us + PAUSE_US)

        with self._promises.counting():
            return await write_as(self._database, caller, lambda c: doing(c, add))

    async def look(self, caller: Caller, number: int, now_us: int) -> Progress:
        """Return how far it has got. If all the bytes are there but no track yet, because the server died,
        it's made now. Raises Problem(NOT_FOUND), and Problem(LOCKED) while another request works on it."""
        async with self._hold(caller, number, now_us) as (upload, draft):
            if draft is None:
                return Progress(upload, upload.size_bytes)
            await DISK.run(draft.sync)
            return await self._go_on(caller, upload, draft, now_us)

    async def append(
        self,
        caller: Caller,
        number: int,
        offset_bytes: int,
        piece: Chunk,
        now_us: int,
    ) -> Progress:
        """Append bytes that begin at this offset, and make the track if they were the last.

        What arrived stays, whatever breaks off, except for a piece that turns out to be too large.
        Raises Problem: NOT_FOUND, LOCKED, CONFLICT for another offset, TOO_LARGE for more than was
        declared, and for the last piece whatever an upload raises.
        """
        async with self._hold(caller, number, now_us) as (upload, draft):
            there = upload.size_bytes if draft is None else draft.size_bytes
            if offset_bytes != there:
                raise Problem(ProblemKind.CONFLICT, f"Go on at {there}.", offset=there)
            if draft is None:
                return Progress(upload, there)
            require_fitting(draft, upload.size_bytes, piece)
            async with self._promises.going_on(caller, number, upload.size_bytes, now_us) as end:
                await receive_chunk(draft, upload.size_bytes, piece)
                await self._require_row(caller, draft, number, now_us)
                upload = replace(upload, promise_ends_at=end)
                return await self._go_on(caller, upload, draft, now_us)

    async def end(self, caller: Caller, number: int, now_us: int) -> None:
        """Delete an upload and what arrived of it; a track that was made stays. Raises what `look` raises."""
        async with self._hold(caller, number, now_us) as (upload, draft):
            await write_as(self._database, caller, lambda c: store.remove_upload(c, upload.id))
            if draft is not None:
                draft.remove()

    async def discard(self, numbers: Collection[int]) -> None:
        """Delete what arrived of these uploads, whose rows are gone already."""
        for number in numbers:
            await DISK.run(self._drafts.remove, number)

    async def _require_row(
        self, caller: Caller, draft: ResumableDraft, number: int, now_us: int
    ) -> None:
        """Raise Problem(NOT_FOUND), having removed the draft, if the upload was discarded meanwhile: its user
        may have been removed while the piece was arriving."""
        try:
            await self._find(caller, number, now_us)
        except Problem as problem:
            if problem.kind is ProblemKind.NOT_FOUND:
                draft.remove()
            raise

    async def remove_stale(self, now_us: int) -> None:
        """Remove the uploads that have expired, and their drafts, unless one is just being made into a
        track; and drafts whose upload is gone, as a removed user's is. One that can't be removed keeps no
        other from it."""
        for number in await DISK.run(self._drafts.list_older, now_us - _ORPHANED_US):
            if not await self._database.read(partial(store.is_arriving, number=number)):
                self._drafts.remove(number)
        since_us, idle_since_us = now_us - KEPT_US, now_us - IDLE_US + PAUSE_US
        await self._database.write(lambda c: store.date_back(c, now_us))
        last = -1
        while some := await self._database.read(
            lambda c, after=last: store.list_stale(c, since_us, idle_since_us, after)  # type: ignore[misc]
        ):
            for upload in some:
                with contextlib.suppress(Problem):
                    await self._remove_stale(upload)
            last = some[-1].id

    async def _remove_stale(self, upload: ResumableUpload) -> None:
        draft = await DISK.run(self._drafts.open, upload.id)
        try:
            await self._remove(upload, draft)
        finally:
            if draft is not None:
                draft.close()

    @contextlib.asynccontextmanager
    async def _hold(
        self, caller: Caller, number: int, now_us: int
    ) -> AsyncIterator[tuple[ResumableUpload, ResumableDraft | None]]:
        """Give the caller's upload and its draft, locked; no draft once the track is made."""
        await self._find(caller, number, now_us)
        draft = await DISK.run(self._drafts.open, number)
        try:
            # Read again, now that nobody else can change it.
            upload = await self._find(caller, number, now_us)
            if upload.track_id is None and draft is None:
                await self._remove(upload, None)
                raise Problem(ProblemKind.NOT_FOUND)
            yield upload, None if upload.track_id is not None else draft
        finally:
            if draft is not None:
                draft.close()

    async def _find(self, caller: Caller, number: int, now_us: int) -> ResumableUpload:
        found = await self._database.read(
            lambda c: store.find_own_upload(c, *caller.owner, number, now_us - KEPT_US)
        )
        if found is None or is_over(ends_at(found), now_us):
            raise Problem(ProblemKind.NOT_FOUND)
        return found

    async def _go_on(
        self, caller: Caller, upload: ResumableUpload, draft: ResumableDraft, now_us: int
    ) -> Progress:
        if draft.size_bytes < upload.size_bytes:
            return Progress(upload, draft.size_bytes)
        try:
            await self._make_track(caller, upload, draft, now_us)
        except Problem as problem:
            if problem.kind in _NEVER:
                await self._remove(upload, draft)
            raise
        draft.remove()
        return Progress(await self._find(caller, upload.id, now_us), upload.size_bytes)

    async def _make_track(
        self, caller: Caller, upload: ResumableUpload, draft: ResumableDraft, now_us: int
    ) -> None:
        facts, file_name = facts_of(upload.metadata)

        def once(connection: Connection, make: Callable[[Connection], Track]) -> Track:
            track = make(connection)
            if not store.keep_track(connection, upload.id, track.id):
                raise _MadeBeforeError
            return track

        # The same bytes under a second name: whatever happens to that one, the draft stays.
        whole = await DISK.run(self._wholes.begin_from, draft.path)
        with contextlib.suppress(_MadeBeforeError):
            if isinstance(facts, OfTrack):
                parts = (caller, facts.track_id, whole, facts.facts, now_us)
                await add_version(self._uploader, *parts, once)
            else:
                await self._uploader.upload(caller, whole, facts, file_name, now_us, once)

    async def _remove(self, upload: ResumableUpload, draft: ResumableDraft | None) -> None:
        await self._database.write(lambda connection: store.remove_upload(connection, upload.id))
        if draft is not None:
            draft.remove()
