"""The local audio folder: drafts while they arrive, objects named by the SHA-256 of their bytes.

A draft becomes an object only together with its database row. Its name in `uploads/` stays until
that row is committed, so a crash in between leaves a mark by which the next start cleans up.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from listenlink.errors import Problem, ProblemKind, is_exhausted
from listenlink.logs import log_exhausted
from listenlink.media.folder.draft import Draft, storage_full, sync_folder

_Result = TypeVar("_Result")
_CHECKED_BYTES = 4096


class Folder:
    """`root/uploads` and `root/objects`, safe for several processes on one machine."""

    def __init__(self, root: Path) -> None:
        self._uploads = root / "uploads"
        self._objects = root / "objects"
        self._serving: int | None = None

    def create(self) -> None:
        """Create the folders that are missing, readable by the owner only."""
        for folder in (self._uploads, self._objects):
            folder.mkdir(mode=0o700, exist_ok=True)

    def object_path(self, digest: bytes) -> Path:
        """The path where the bytes with this digest are or would be."""
        name = digest.hex()
        return self._objects / name[:2] / name

    def open_object(self, digest: bytes) -> int:
        """A descriptor for reading. Raises FileNotFoundError, and Problem(STORAGE_UNAVAILABLE) if no
        descriptors are left."""
        try:
            return os.open(self.object_path(digest), os.O_RDONLY)
        except OSError as error:
            if not is_exhausted(error):
                raise
            log_exhausted()
            raise Problem(ProblemKind.STORAGE_UNAVAILABLE) from error

    def begin(self) -> Draft:
        """Create an empty draft. Raises Problem(STORAGE_FULL) if the disk has no room for one."""
        with storage_full():
            return Draft(self._uploads / f"draft-{secrets.token_hex(8)}")

    def begin_from(self, source: Path) -> Draft:
        """Create a draft from another file in `uploads/`, which stays where it is. Reads all of its bytes,
        and raises Problem(STORAGE_FULL) like `begin`."""
        path = self._uploads / f"draft-{secrets.token_hex(8)}"
        with storage_full():
            os.link(source, path)
        try:
            return Draft(path, is_there=True)
        except BaseException:
            path.unlink()
            raise

    def check_writing(self) -> None:
        """Return if a file can be written; else raise Problem(STORAGE_FULL) or OSError."""
        with storage_full():
            descriptor = os.open(self._uploads / ".check", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                os.ftruncate(descriptor, 0)
                os.write(descriptor, bytes(_CHECKED_BYTES))
                os.fsync(descriptor)
                os.ftruncate(descriptor, 0)
            finally:
                os.close(descriptor)

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
                    marked = self._uploads / f"{draft.digest.hex()}-{secrets.token_hex(4)}"
                    draft.path.rename(marked)
                    draft.path = marked
                    self._link_object(marked, draft.digest)
                result = commit()
            except BaseException:
                for draft in drafts:
                    self._take_back(draft, is_kept)
                raise
            for draft in drafts:
                draft.discard()
        return result

    def _take_back(self, draft: Draft, is_kept: Callable[[bytes], bool]) -> None:
        digest = draft.digest
        try:
            needed = is_kept(digest)
        except Exception:
            # This can't be known now. The mark stays, and the next start checks again.
            draft.leave()
            return
        if not needed:
            self.object_path(digest).unlink(missing_ok=True)
        draft.discard()

    def remove_objects(self, digests: Iterable[bytes], is_kept: Callable[[bytes], bool]) -> None:
        """Delete objects that nothing needs, unless they have come to be needed meanwhile."""
        with self._publishing():
            for digest in digests:
                if not is_kept(digest):
                    self.object_path(digest).unlink(missing_ok=True)

    def start_serving(
        self,
        is_kept: Callable[[bytes], bool],
        is_arriving: Callable[[Path], bool] = lambda path: False,
    ) -> None:
        """Mark this process as serving. The first to do so cleans up what a crash left, except for
        what `is_arriving`: uploads that will be resumed."""
        self._serving = os.open(self._uploads / ".serving", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._serving, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            self._clean_up(is_kept, is_arriving)
        fcntl.flock(self._serving, fcntl.LOCK_SH)

    def is_served(self) -> bool:
        """Whether any process is serving this folder now."""
        descriptor = os.open(self._uploads / ".serving", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def stop_serving(self) -> None:
        """Withdraw what `start_serving` marked."""
        if self._serving is not None:
            os.close(self._serving)
            self._serving = None

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
        if not is_kept(digest):
            self.object_path(digest).unlink(missing_ok=True)
        mark.unlink()

    def _link_object(self, source: Path, digest: bytes) -> None:
        target = self.object_path(digest)
        with storage_full():
            target.parent.mkdir(mode=0o700, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                os.link(source, target)
            for folder in (self._uploads, target.parent, self._objects):
                sync_folder(folder)

    @contextlib.contextmanager
    def _publishing(self) -> Iterator[None]:
        descriptor = os.open(self._uploads / ".publishing", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
