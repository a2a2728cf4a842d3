"""The bucket of audio: objects named by the SHA-256 of their bytes, in S3 or a service like it.

A draft arrives in the local folder, and its mark stays there until its row is committed
(`media/disk/drafts.py`). Sending takes a while, so other uploads go on meanwhile; only the final check that
it's there and the commit happen while nothing may be removed.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path
from typing import TypeVar

from obstore.exceptions import PermissionDeniedError

from listenlink.errors import Problem, ProblemKind, is_unknown
from listenlink.media.bucket.address import (
    BucketAddress,
    bucket_unavailable,
    connect,
    object_key,
)
from listenlink.media.bucket.delete import delete_objects
from listenlink.media.bucket.far_object import FarObject
from listenlink.media.bucket.fetch import copy_object, fetch_part, fetch_whole
from listenlink.media.bucket.presigned_url import PresignedUrls
from listenlink.media.bucket.send import send_object
from listenlink.media.bucket.unfinished import abort_unfinished
from listenlink.media.disk.draft import Draft
from listenlink.media.disk.drafts import Drafts
from listenlink.media.disk.faults import UPLOADS
from listenlink.media.disk.places import list_places
from listenlink.media.disk.publishing_turns import PublishingTurns
from listenlink.media.disk.room import Room
from listenlink.media.storage import MediaUrls
from listenlink.threads import NoThread, Threads

_Result = TypeVar("_Result")
_THREADS = 16
# This, and twice the next because of a second try, is below the 5 s that is the longest anyone waits.
_PATIENCE_SECONDS = 0.4
_ASKING_SECONDS = 2.2
_SENDING_SECONDS = 30.0
_MOST_AT_ONCE = 500
_PING_KEY = "ping"


class Bucket:
    """Objects in the bucket, of at most `most_bytes` each; drafts in `root/uploads`. `urls` are the bucket's
    own unless others are given.

    Whatever the bucket can't answer now ends in Problem(STORAGE_UNAVAILABLE).
    """

    has_leftovers = False

    def __init__(
        self,
        root: Path,
        address: BucketAddress,
        most_bytes: int,
        keep_free_bytes: int | None = 0,
        urls: MediaUrls | None = None,
    ) -> None:
        self.urls = urls or PresignedUrls(address)
        self.room = Room(list_places(root, has_objects=False), keep_free_bytes, logs=True)
        self.drafts = Drafts(root, self.room)
        self._turns = PublishingTurns(root / UPLOADS / ".publishing")
        self._asking = connect(address, _ASKING_SECONDS, retries=1)
        self._sending = connect(address, _SENDING_SECONDS, retries=1)
        self._address = address
        self._most_bytes = most_bytes
        # Of its own: nothing else needs those that wait for a dead bucket.
        self._threads = Threads("bucket", _THREADS, patience_seconds=_PATIENCE_SECONDS)
        self._long_threads = Threads("sending", _THREADS)
        self._left: dict[Path, bytes] = {}
        self._alone: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext

    def share_lock(self, publishing: Callable[[], AbstractContextManager[None]]) -> None:
        """Wait for other nodes too before publishing or removing an object."""
        self._alone = publishing

    @contextlib.contextmanager
    def _publishing(self) -> Iterator[None]:
        with self._turns.take(), self._alone():
            yield

    def start_serving(
        self,
        is_kept: Callable[[bytes], bool],
        is_arriving: Callable[[Path], bool] = lambda path: False,
    ) -> None:
        """Mark this process as serving. What a crash left is seen to later: links open even when the bucket
        is gone."""
        self.drafts.start_serving(self._left.__setitem__, is_arriving)
        self.has_leftovers = True

    def stop_serving(self) -> None:
        """Withdraw what `start_serving` marked."""
        self.drafts.stop_serving()

    def check_writing(self) -> None:
        """Return if drafts can be written in the local folder; else raise StorageFault."""
        self.drafts.check_writing()

    async def ping(self) -> None:
        """Return if the bucket answers and accepts objects."""
        await self._run(self._ping)

    def _ping(self) -> None:
        with bucket_unavailable():
            try:
                self._asking.head(_PING_KEY)
            except (FileNotFoundError, PermissionDeniedError):
                self._asking.put(_PING_KEY, b"\n", use_multipart=False)

    async def _run(self, work: Callable[..., _Result], *arguments: object) -> _Result:
        """Call `work` in one of the threads for short requests."""
        try:
            return await self._threads.run(work, *arguments)
        except NoThread:
            raise NoThread(ProblemKind.STORAGE_UNAVAILABLE) from None

    async def carry_out(self, work: Callable[..., _Result], *arguments: object) -> _Result:
        """Call `work` in a thread of those for long requests, unless others fail meanwhile."""
        return await self._turns.carry_out(self._long_threads, work, *arguments)

    async def open_audio(self, digest: bytes) -> FarObject:
        """The object, whose parts are fetched as they're asked for."""
        await self._read_part(digest, 1, 0)
        return FarObject(self._read_part, digest)

    def let_go(self) -> None:
        """Nothing is held open."""

    async def _read_part(self, digest: bytes, length: int, offset: int) -> bytes:
        return await self._run(fetch_part, self._asking, digest, length, offset)

    async def read_object(self, digest: bytes) -> bytes:
        """The bytes of a small object. Raises FileNotFoundError, also if they are wrong."""
        return await self._run(fetch_whole, self._asking, digest)

    def open_object(self, digest: bytes) -> int:
        """Open an unnamed copy in the local folder. Raises FileNotFoundError, also if the bytes are wrong."""
        with self.drafts.open_unnamed() as file, bucket_unavailable():
            size = self._asking.head(object_key(digest))["size"]
            if size > self._most_bytes:
                raise FileNotFoundError(object_key(digest))
            self.room.require(UPLOADS, size)
            copy_object(self._sending, digest, size, file)
            file.seek(0)
            return os.dup(file.fileno())

    def publish(
        self,
        drafts: Sequence[Draft],
        commit: Callable[[], _Result],
        is_kept: Callable[[bytes], bool],
    ) -> _Result:
        """Turn the drafts into objects and run `commit`, which stores their row; all or nothing."""
        # Asked before anything is marked: if there's no answer, there's nothing to undo.
        missing = [draft for draft in drafts if not self._has(draft)]
        try:
            for draft in drafts:
                self.drafts.mark(draft)
            for draft in missing:
                self._send(draft)
            with self._publishing():
                for draft in drafts:
                    if not self._has(draft):  # Removed a moment ago, with its last track.
                        self._send(draft)
                result = commit()
        except BaseException as error:
            self._take_all_back(drafts, is_kept, error)
            raise
        for draft in drafts:
            draft.discard()
        return result

    def _has(self, draft: Draft) -> bool:
        with bucket_unavailable():
            try:
                return self._asking.head(object_key(draft.digest))["size"] == draft.size_bytes
            except (FileNotFoundError, PermissionDeniedError):
                # To those who may not list, S3 denies access to whatever isn't there.
                return False

    def _send(self, draft: Draft) -> None:
        send_object(self._sending, draft.digest, draft.path, draft.size_bytes, draft.content_type)

    def _take_all_back(
        self, drafts: Sequence[Draft], is_kept: Callable[[bytes], bool], error: BaseException
    ) -> None:
        with contextlib.suppress(Exception):
            # A database that doesn't answer isn't asked again before the caller is told.
            if not (isinstance(error, Problem) and error.kind is ProblemKind.UNAVAILABLE):
                with self._publishing():
                    for draft in drafts:
                        if draft.is_marked and not is_kept(draft.digest):
                            delete_objects(self._asking, [draft.digest])
                        draft.discard()
        for draft in drafts:
            self._leave(draft, is_unknown(error))

    def _leave(self, draft: Draft, is_unknown: bool) -> None:
        """See later what has to be deleted: a marked draft's name says that, its bytes aren't needed. If it
        `is_unknown` whether there will be a row, that's at the next start."""
        if not draft.is_marked:
            draft.discard()
            return
        os.ftruncate(draft.descriptor, 0)
        draft.leave()
        if is_unknown:
            return
        self._left[draft.path] = draft.digest
        self.has_leftovers = True

    def remove_objects(self, digests: Iterable[bytes], is_kept: Callable[[bytes], bool]) -> None:
        """Delete objects that nothing needs; those that can't be deleted now are left for later."""
        waiting = iter(digests)
        while some := list(islice(waiting, _MOST_AT_ONCE)):
            with self._publishing():
                try:
                    delete_objects(self._asking, [digest for digest in some if not is_kept(digest)])
                except Problem:
                    self.has_leftovers = True
                    return

    def remove_leftovers(self, is_kept: Callable[[bytes], bool]) -> None:
        """Resolve the marks that are left, of this process or one that crashed."""
        self.has_leftovers = False
        for mark, digest in sorted(self._left.items()):
            try:
                with self._publishing():
                    if not is_kept(digest):
                        delete_objects(self._asking, [digest])
                abort_unfinished(self._address, object_key(digest))
            except Problem:
                self.has_leftovers = True
                raise
            mark.unlink(missing_ok=True)
            self._left.pop(mark, None)
