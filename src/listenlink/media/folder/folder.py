"""The folder of audio: objects in `objects/`, each a second name of the draft that it was.

`media/disk/drafts.py` says what a crash leaves, and how it's cleaned up.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from listenlink.clock import SECOND_US, Clock
from listenlink.errors import Problem, ProblemKind, is_exhausted, is_unknown
from listenlink.logs import log_exhausted
from listenlink.media.disk.draft import Draft, sync_folder
from listenlink.media.disk.drafts import Drafts
from listenlink.media.disk.faults import OBJECTS, UPLOADS, StorageFault, log_fault, storing
from listenlink.media.disk.places import list_places
from listenlink.media.disk.publishing_turns import PublishingTurns
from listenlink.media.disk.room import Room
from listenlink.media.disk.second_name import give_second_name, remove_half_copies
from listenlink.media.disk.trial import check_subfolders, try_writing
from listenlink.media.folder.open_files import OpenFile
from listenlink.threads import DISK, STORAGE

_Result = TypeVar("_Result")
_SUBFOLDERS_EVERY_US = 60 * SECOND_US
_MOST_OPEN = 200


class Folder:
    """`root/objects`, safe for several processes on one machine. It and `root/uploads` may each be on a file
    system of its own."""

    has_leftovers = False
    urls = None

    def __init__(self, root: Path, keep_free_bytes: int | None = 0) -> None:
        self._uploads = root / UPLOADS
        self._objects = root / OBJECTS
        self._turns = PublishingTurns(self._uploads / ".publishing")
        self.room = Room(list_places(root, has_objects=True), keep_free_bytes, logs=True)
        self.drafts = Drafts(root, self.room)
        self._open: dict[bytes, OpenFile] = {}
        self._is_fault_told = False
        self._subfolders_at: int | None = None

    def share_lock(self, publishing: Callable[[], AbstractContextManager[None]]) -> None:
        """The objects are on one machine, whose processes have their own lock."""

    def start_serving(
        self,
        is_kept: Callable[[bytes], bool],
        is_arriving: Callable[[Path], bool] = lambda path: False,
    ) -> None:
        """Mark this process as serving, and settle what a crash left, if it's the first."""
        self.drafts.start_serving(
            lambda mark, digest: self._settle(mark, digest, is_kept), is_arriving
        )

    def stop_serving(self) -> None:
        """Withdraw what `start_serving` marked."""
        self.drafts.stop_serving()

    def check_writing(self) -> None:
        """Return if files can be written in both folders; else raise StorageFault."""
        self.drafts.check_writing()
        with storing(OBJECTS, logs=False):
            is_same = self._objects.stat().st_dev == self._uploads.stat().st_dev
            # One disk needs to be waited for once.
            try_writing(self._objects, syncs=not is_same)
            self._check_subfolders()

    def _check_subfolders(self) -> None:
        """Look once a minute, since over a network each of 256 folders may take a moment; while one isn't as
        it should be, each time."""
        tick_us = Clock().tick_us()
        if self._subfolders_at is None or tick_us - self._subfolders_at > _SUBFOLDERS_EVERY_US:
            self._subfolders_at = None
            check_subfolders(self._objects)
            self._subfolders_at = tick_us

    async def ping(self) -> None:
        """All of it is on the instance's own disk."""

    async def carry_out(self, work: Callable[..., _Result], *arguments: object) -> _Result:
        """Call `work` in a thread of those for publishing and removing, unless others fail meanwhile."""
        return await self._turns.carry_out(STORAGE, work, *arguments)

    def object_path(self, digest: bytes) -> Path:
        """The path where the bytes with this digest are or would be."""
        name = digest.hex()
        return self._objects / name[:2] / name

    async def open_audio(self, digest: bytes) -> OpenFile:
        """The object's file. Opening one takes only microseconds, so it doesn't wait for a thread. Some are
        held open, because a player asks for one file in many ranges."""
        file = self._open.get(digest)
        if file is None:
            file = OpenFile(os.fdopen(self.open_object(digest), "rb", buffering=0))
            if len(self._open) < _MOST_OPEN:
                self._open[digest] = file
        return file

    def let_go(self) -> None:
        """Hold no files open except those still being read."""
        self._open.clear()

    async def read_object(self, digest: bytes) -> bytes:
        """The bytes of a small object. Raises what `open_object` raises."""
        return await DISK.run(self._read_whole, digest)

    def _read_whole(self, digest: bytes) -> bytes:
        with open(self.open_object(digest), "rb") as file:
            return file.read()

    def open_object(self, digest: bytes) -> int:
        """The object's own file. Raises FileNotFoundError, StorageFault if it can't be read, and
        Problem(STORAGE_UNAVAILABLE) if no descriptors are left."""
        try:
            return os.open(self.object_path(digest), os.O_RDONLY)
        except FileNotFoundError:
            raise
        except OSError as error:
            if not is_exhausted(error):
                log_fault(OBJECTS, error)
                raise StorageFault(OBJECTS, error) from error
            log_exhausted()
            raise Problem(ProblemKind.STORAGE_UNAVAILABLE) from error

    def publish(
        self,
        drafts: Sequence[Draft],
        commit: Callable[[], _Result],
        is_kept: Callable[[bytes], bool],
    ) -> _Result:
        """Turn the drafts into objects and run `commit`, which stores their row; all or nothing."""
        for draft in drafts:
            draft.sync()
        with self._turns.take():
            try:
                for draft in drafts:
                    self.drafts.mark(draft)
                    self._make_object(draft)
                result = commit()
            except BaseException as error:
                for draft in drafts:
                    if is_unknown(error):
                        # There may be a row a moment later. The mark stays, and the next start looks.
                        draft.leave()
                    else:
                        self._take_back(draft, is_kept)
                raise
            for draft in drafts:
                draft.discard()
        return result

    def _make_object(self, draft: Draft) -> None:
        target = self.object_path(draft.digest)
        with storing(OBJECTS):
            target.parent.mkdir(mode=0o700, exist_ok=True)
            if target.parent.stat().st_dev != draft.path.stat().st_dev:
                self.room.require(OBJECTS, draft.size_bytes)
            give_second_name(draft.path, target)
            for folder in (target.parent, self._objects):
                sync_folder(folder)

    def _take_back(self, draft: Draft, is_kept: Callable[[bytes], bool]) -> None:
        try:
            if not is_kept(draft.digest):
                self._remove(draft.digest)
        except Exception:
            # This can't be known or done now. The mark stays, and the next start checks again.
            draft.leave()
            return
        draft.discard()

    def remove_objects(self, digests: Iterable[bytes], is_kept: Callable[[bytes], bool]) -> None:
        """Delete objects that nothing needs; those that can't be deleted now are left for later."""
        with self._turns.take():
            for digest in digests:
                if is_kept(digest):
                    continue
                try:
                    self._remove(digest)
                except OSError as error:
                    self._leave_over(error)

    def remove_leftovers(self, is_kept: Callable[[bytes], bool]) -> None:
        """Nothing but discarded audio is ever left over."""
        self.has_leftovers = False

    def _leave_over(self, error: OSError) -> None:
        self.has_leftovers = True
        if not self._is_fault_told:  # It's tried again every few seconds.
            self._is_fault_told = True
            log_fault(OBJECTS, error)

    def _remove(self, digest: bytes) -> None:
        path = self.object_path(digest)
        # A read-only file system refuses to delete also what isn't there.
        if path.exists():
            path.unlink(missing_ok=True)

    def _settle(self, mark: Path, digest: bytes, is_kept: Callable[[bytes], bool]) -> None:
        """Resolve a mark left by a crash: delete its object unless that is needed."""
        try:
            remove_half_copies(self.object_path(digest))
            if not is_kept(digest):
                self._remove(digest)
        except OSError as error:
            log_fault(OBJECTS, error)
            return
        mark.unlink()
