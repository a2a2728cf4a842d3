"""The files that are arriving, in `uploads/`: local for every storage, since measuring reads at any offset.

A draft becomes an object only together with its database row. Its name here, which says by then which object
that is, stays until that row is committed, so a crash in between leaves a mark by which the next start cleans
up.
"""

from __future__ import annotations

import contextlib
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from listenlink.media.disk.draft import Draft, sync_folder
from listenlink.media.disk.faults import UPLOADS, storing
from listenlink.media.disk.room import Room
from listenlink.media.disk.second_name import give_second_name
from listenlink.media.disk.serving_mark import ServingMark
from listenlink.media.disk.trial import try_writing


class Drafts:
    """`root/uploads`, safe for several processes on one machine."""

    def __init__(self, root: Path, room: Room) -> None:
        self._folder = root / UPLOADS
        self._room = room
        self._serving = ServingMark(root)

    def begin(self, number: int | None = None) -> Draft:
        """Create an empty draft, by the number of the promise that it keeps. Raises StorageFault if the disk
        takes none."""
        name = secrets.token_hex(8) if number is None else f"{number:012x}"
        with storing(UPLOADS):
            return Draft(self._folder / f"draft-{name}", self._room)

    def begin_from(self, source: Path) -> Draft:
        """Create a draft from another file in `uploads/`, which stays where it is. Reads all of its bytes,
        and raises StorageFault like `begin`."""
        path = self._folder / f"draft-{secrets.token_hex(8)}"
        with storing(UPLOADS):
            give_second_name(source, path)
        try:
            return Draft(path, self._room, is_there=True)
        except BaseException:
            path.unlink()
            raise

    def arrived_bytes(self, number: int) -> int:
        """How much of what a promise is about, an upload by form or in pieces, is on this disk already."""
        for name in (f"draft-{number:012x}", f"resumable-{number:012x}"):
            with contextlib.suppress(OSError):
                return (self._folder / name).stat().st_size
        return 0

    def open_unnamed(self) -> IO[bytes]:
        """A file without a name, gone with its last descriptor. Raises StorageFault."""
        with storing(UPLOADS):
            return tempfile.TemporaryFile(dir=self._folder)

    def check_writing(self) -> None:
        """Return if files can be written here; else raise StorageFault."""
        with storing(UPLOADS, logs=False):
            try_writing(self._folder)

    def mark(self, draft: Draft) -> None:
        """Give the draft a name that says which object is being made of it, on the disk before the object."""
        marked = self._folder / f"{draft.digest.hex()}-{secrets.token_hex(4)}"
        with storing(UPLOADS):
            draft.path.rename(marked)
            draft.path = marked
            sync_folder(self._folder)

    def start_serving(
        self, settle: Callable[[Path, bytes], None], is_arriving: Callable[[Path], bool]
    ) -> None:
        """Mark this process as serving. The first to do so cleans up what a crash left, except for what
        `is_arriving`: uploads that will be resumed. Each mark, and the digest that it names, is given to
        `settle`."""
        if self._serving.take():
            for path in self._folder.iterdir():
                if path.name.startswith(".") or is_arriving(path):
                    continue
                digest = path.name.partition("-")[0]
                if len(digest) == 64:
                    settle(path, bytes.fromhex(digest))
                else:
                    path.unlink()
        self._serving.share()

    def stop_serving(self) -> None:
        """Withdraw what `start_serving` marked."""
        self._serving.give_up()
