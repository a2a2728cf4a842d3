"""How much may still be written where an instance stores things: what is free there above a floor.

Opens need the disk for their audit lines. What is large, or comes from a user, leaves them the floor.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import structlog

from listenlink.errors import Problem, ProblemKind
from listenlink.media.disk.faults import storing
from listenlink.model.upload_bounds import floor_bytes

# The folder itself: the embedded database, and drawn previews.
DATA = "data"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_WORDS = (
    "The server keeps the rest of its disk free, so there is no room for this now. "
    "Please tell the operator."
)


class NoRoom(Problem):
    """Storing this would leave less free than has to stay. `place` is where, as in StorageFault."""

    def __init__(self, place: str) -> None:
        super().__init__(ProblemKind.STORAGE_FULL, _WORDS)
        self.place = place


class Space(NamedTuple):
    """What is free in a place, and what has to stay free there, in bytes."""

    free_bytes: int
    floor_bytes: int

    @property
    def left_bytes(self) -> int:
        """How much may be written; negative below the floor."""
        return self.free_bytes - self.floor_bytes


class Room:
    """The file systems of some places, each a folder by its name. Several places may be on one.

    With `keep_free_bytes` 0 it `is_off`, and there is always room: the disk itself says when it's full.
    A server `logs` where there is none.
    """

    def __init__(
        self, places: Mapping[str, Path], keep_free_bytes: int | None = 0, *, logs: bool = False
    ) -> None:
        self._logs = logs
        self._places = dict(places)
        self._keep_free_bytes = keep_free_bytes
        self._told: set[str] = set()
        self.is_off = keep_free_bytes == 0

    @property
    def places(self) -> list[str]:
        """The names of the places."""
        return list(self._places)

    def path_of(self, place: str) -> Path:
        """The folder of this name."""
        return self._places[place]

    def space(self, place: str) -> Space:
        """What is free there for this user, and what has to stay free. Raises StorageFault."""
        with storing(place):
            found = os.statvfs(self._places[place])
        total_bytes = found.f_blocks * found.f_frsize
        return Space(
            found.f_bavail * found.f_frsize, floor_bytes(self._keep_free_bytes, total_bytes)
        )

    def require(self, place: str, size_bytes: int) -> None:
        """Return if so much may be written there; else raise NoRoom, or StorageFault."""
        if self.is_off:
            return
        if self.space(place).left_bytes >= size_bytes:
            self._told.discard(place)
            return
        self._tell(place)
        raise NoRoom(place)

    def _tell(self, place: str) -> None:
        """Log it once, until there was room again: whoever is refused may ask a hundred times a second."""
        if self._logs and place not in self._told:
            self._told.add(place)
            free_bytes, floor = self.space(place)
            structlog.get_logger().warning(
                "no_room", place=place, free_bytes=free_bytes, floor_bytes=floor
            )

    def find_low(self) -> list[str]:
        """The places that are below the floor, where nothing can be stored now."""
        if self.is_off:
            return []
        return [place for place in self._places if self.space(place).left_bytes <= 0]

    def name_of(self, place: str) -> str:
        """A name of the place's file system that all processes on this machine have for it, in containers
        too, and none on another machine. At most 64 characters."""
        with storing(place):
            device = self._places[place].stat().st_dev
        return f"{_machine()}:{device:x}"


@functools.cache
def _machine() -> str:
    try:
        return _BOOT_ID.read_text().strip()[:40]
    except OSError:  # Hidden from us: then at least by the name.
        return os.uname().nodename[:40]
