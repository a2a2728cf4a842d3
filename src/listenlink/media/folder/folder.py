"""The local audio folder: drafts while they arrive, objects named by the SHA-256 of their bytes.

A draft becomes an object only together with its database row. Its name in `uploads/` stays until
that row is committed, so a crash in between leaves a mark by which the next start cleans up.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from listenlink.clock import SECOND_US, Clock
from listenlink.errors import Problem, ProblemKind, is_exhausted, is_unknown
from listenlink.logs import log_exhausted
from listenlink.media.folder.draft import Draft, sync_folder
from listenlink.media.folder.faults import OBJECTS, UPLOADS, StorageFault, log_fault, storing
from listenlink.media.folder.publishing_turns import PublishingTurns
from listenlink.media.folder.room import DATA, Room
from listenlink.media.folder.second_name import give_second_name, remove_half_copies
from listenlink.media.folder.serving_mark import ServingMark
from listenlink.media.folder.trial import check_subfolders, try_writing

_Result = TypeVar("_Result")
_SUBFOLDERS_EVERY_US = 60 * SECOND_US


class Folder:
    """`root/uploads` and `root/objects`, safe for several processes on one machine. Each may be on a file
    system of its own."""

    # Whether anything is left over that couldn't be removed when it should have been.
    has_leftovers = False

    def __init__(self, root: Path, keep_free_bytes: int | None = 0) -> None:
        self._root = root
        self._uploads = root / UPLOADS
        self._objects = root / OBJECTS
        self._turns = PublishingTurns(self._uploads / ".publishing")
        self.room = Room(self._places(), keep_free_bytes, logs=True)
        self._serving = ServingMark(self._uploads / ".serving")
        self._is_fault_told = False
        self._subfolders_at: int | None = None

    def _places(self) -> dict[str, Path]:
        """Where this writes, by the names under which it's told."""
        return {UPLOADS: self._uploads, OBJECTS: self._objects, DATA: self._root}

    def create(self) -> None:
        """Create the folders that are missing, readable by the owner only. Raises OSError."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self._uploads, self._objects):
            folder.mkdir(mode=0o700, exist_ok=True)

    def object_path(self, digest: bytes) -> Path:
        """The path where the bytes with this digest are or would be."""
        name = digest.hex()
        return self._objects / name[:2] / name

    def open_object(self, digest: bytes) -> int:
        """A descriptor for reading. Raises FileNotFoundError, StorageFault if it can't be read, and
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

    def begin(self, number: int | None = None) -> Draft:
        """Create an empty draft, by the number of the promise that it keeps. Raises StorageFault if the disk
        takes none."""
        name = secrets.token_hex(8) if number is None else f"{number:012x}"
        with storing(UPLOADS):
            return Draft(self._uploads / f"draft-{name}", self.room)

    def arrived_bytes(self, number: int) -> int:
        """How much of what a promise is about, an upload by form or in pieces, is on this disk already."""
        for name in (f"draft-{number:012x}", f"resumable-{number:012x}"):
            with contextlib.suppress(OSError):
                return (self._uploads / name).stat().st_size
        return 0

    def begin_from(self, source: Path) -> Draft:
        """Create a draft from another file in `uploads/`, which stays where it is. Reads all of its bytes,
        and raises StorageFault like `begin`."""
        path = self._uploads / f"draft-{secrets.token_hex(8)}"
        with storing(UPLOADS):
            give_second_name(source, path)
        try:
            return Draft(path, self.room, is_there=True)
        except BaseException:
            path.unlink()
            raise

    def check_writing(self) -> None:
        """Return if files can be written wherever this writes them; else raise StorageFault."""
        self._check_uploads()
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

    def _check_uploads(self) -> None:
        with storing(UPLOADS, logs=False):
            try_writing(self._uploads)

    def publish(
        self,
        drafts: Sequence[Draft],
        commit: Callable[[], _Result],
        is_kept: Callable[[bytes], bool],
    ) -> _Result:
        """Turn the drafts into objects and run `commit`, which stores their row; all or nothing."""
        for draft in drafts:
            draft.sync()
        with self._publishing():
            try:
                for draft in drafts:
                    self._mark(draft)
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
        """Delete objects that nothing needs, unless they have come to be needed meanwhile. Those that can't
        be deleted now are left for later."""
        with self._publishing():
            for digest in digests:
                if is_kept(digest):
                    continue
                try:
                    self._remove(digest)
                except OSError as error:
                    self._leave_over(error)

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

    def start_serving(
        self,
        is_kept: Callable[[bytes], bool],
        is_arriving: Callable[[Path], bool] = lambda path: False,
    ) -> None:
        """Mark this process as serving. The first to do so cleans up what a crash left, except for
        what `is_arriving`: uploads that will be resumed."""
        if self._serving.take():
            self._clean_up(is_kept, is_arriving)
        self._serving.share()

    def is_served(self) -> bool:
        """Whether any process is serving this folder now."""
        return self._serving.is_held()

    def stop_serving(self) -> None:
        """Withdraw what `start_serving` marked."""
        self._serving.give_up()

    def _clean_up(
        self, is_kept: Callable[[bytes], bool], is_arriving: Callable[[Path], bool]
    ) -> None:
        for path in self._uploads.iterdir():
            if path.name.startswith(".") or is_arriving(path):
                continue
            if len(path.name.partition("-")[0]) == 64:
                self._settle(path, is_kept)
            else:
                path.unlink()

    def _settle(self, mark: Path, is_kept: Callable[[bytes], bool]) -> None:
        """Resolve a mark left by a crash: delete its object unless that is needed."""
        digest = bytes.fromhex(mark.name.partition("-")[0])
        try:
            remove_half_copies(self.object_path(digest))
            if not is_kept(digest):
                self._remove(digest)
        except OSError as error:
            log_fault(OBJECTS, error)
            return
        mark.unlink()

    def _mark(self, draft: Draft) -> None:
        """Give the draft a name that says which object is being made of it, on the disk before the object."""
        marked = self._uploads / f"{draft.digest.hex()}-{secrets.token_hex(4)}"
        with storing(UPLOADS):
            draft.path.rename(marked)
            draft.path = marked
            sync_folder(self._uploads)

    def _make_object(self, draft: Draft) -> None:
        target = self.object_path(draft.digest)
        with storing(OBJECTS):
            target.parent.mkdir(mode=0o700, exist_ok=True)
            if target.parent.stat().st_dev != draft.path.stat().st_dev:
                self.room.require(OBJECTS, draft.size_bytes)
            give_second_name(draft.path, target)
            for folder in (target.parent, self._objects):
                sync_folder(folder)

    @contextlib.contextmanager
    def _publishing(self) -> Iterator[None]:
        with self._turns.take():
            yield
