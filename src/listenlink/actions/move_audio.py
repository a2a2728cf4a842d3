"""Move an instance's audio from its folder into a bucket, or back: copied, and compared byte by byte.

Nothing is deleted where it comes from. What has arrived is noted in the folder, so that the same command goes
on where it was interrupted, and takes only what is new when it's given again.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import NamedTuple, TextIO

import msgspec

from listenlink.errors import RefusesToStart
from listenlink.media.moved_objects import Objects, OtherBytes

NOTES = ".moved-audio"
_AT_ONCE = 4
_NOTE = re.compile(r"([0-9a-f]{64}) ([0-9]+)\n")


class Moved(msgspec.Struct):
    """How many objects are needed, were copied, and were there before; how many bytes were copied; and the
    digests of those that are needed and can't be had whole."""

    objects: int
    copied: int = 0
    there_before: int = 0
    copied_bytes: int = 0
    missing: list[str] = []


class Notes:
    """Which objects have arrived in a place whole, with their sizes."""

    def __init__(self, file: TextIO, place: str) -> None:
        self._file = file
        self._lock = Lock()
        file.seek(0)
        lines = file.readlines()
        self.sizes: dict[str, int] = {}
        if lines[:1] == [place + "\n"]:
            for found in filter(None, map(_NOTE.fullmatch, lines[1:])):
                self.sizes[found[1]] = int(found[2])
        file.seek(0)
        file.truncate()
        file.writelines([place + "\n", *(f"{name} {size}\n" for name, size in self.sizes.items())])
        file.flush()

    def add(self, digest: bytes, size_bytes: int) -> None:
        """Note an object that was compared."""
        with self._lock:
            self._file.write(f"{digest.hex()} {size_bytes}\n")
            self._file.flush()


@contextlib.contextmanager
def open_notes(folder: Path, place: str) -> Iterator[Notes]:
    """The notes on what has arrived in this place. Raises RefusesToStart while another has them."""
    descriptor = os.open(folder / NOTES, os.O_RDWR | os.O_CREAT, 0o600)
    with open(descriptor, "r+", encoding="ascii", errors="replace") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RefusesToStart("its audio is being moved already") from None
        for left in folder.glob(".moving-*"):
            left.unlink()
        yield Notes(file, place)


class _Done(NamedTuple):
    """What became of an object: whether it's in the target now, and its bytes if it had to be copied."""

    digest: bytes
    is_there: bool
    copied_bytes: int | None = None


class AudioMover:
    """Copies what is needed from `source` to `target`. `is_needed` is asked again about what isn't there: its
    track may have been deleted meanwhile."""

    def __init__(
        self, source: Objects, target: Objects, notes: Notes, is_needed: Callable[[bytes], bool]
    ) -> None:
        self._source = source
        self._target = target
        self._notes = notes
        self._is_needed = is_needed

    def move(self, needed: Mapping[bytes, str], tell: Callable[[Moved], None]) -> Moved:
        """Copy all of these, given with their content types; `tell` is called after each.

        Raises RefusesToStart if an object arrived with other bytes, and Problem or OSError if one of the
        places can't be used now; what has arrived until then stays.
        """
        moved, digests = Moved(len(needed)), sorted(needed)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            try:
                for done in pool.map(self._copy, digests, [needed[digest] for digest in digests]):
                    self._count(moved, done)
                    tell(moved)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return moved

    def _count(self, moved: Moved, done: _Done) -> None:
        if not done.is_there:
            if self._is_needed(done.digest):
                moved.missing.append(done.digest.hex())
        elif done.copied_bytes is None:
            moved.there_before += 1
        else:
            moved.copied += 1
            moved.copied_bytes += done.copied_bytes

    def _copy(self, digest: bytes, content_type: str) -> _Done:
        there = self._target.find_size(digest)
        if there is not None:
            if self._notes.sizes.get(digest.hex()) == there:
                return _Done(digest, True)
            if self._target.is_whole(digest):
                self._notes.add(digest, there)
                return _Done(digest, True)
        with contextlib.ExitStack() as fetched:
            try:
                path = fetched.enter_context(self._source.fetch(digest))
            except (FileNotFoundError, OtherBytes):
                return _Done(digest, False)
            size = path.stat().st_size
            self._target.put(digest, path, content_type)
        if not self._target.is_whole(digest):
            raise RefusesToStart(f"{digest.hex()} arrived with other bytes; nothing was deleted")
        self._notes.add(digest, size)
        return _Done(digest, True, size)
