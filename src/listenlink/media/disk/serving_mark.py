"""The lock by which processes know that one of them serves a folder. It ends with its process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from listenlink.media.disk.faults import UPLOADS


class ServingMark:
    """A lock file in the folder that every process which serves it holds together with the others."""

    def __init__(self, root: Path) -> None:
        self._path = root / UPLOADS / ".serving"
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Hold it alone, and return True, if nobody else does; then `share` it."""
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def share(self) -> None:
        """Hold it together with others, until `give_up`. Waits for one that holds it alone."""
        assert self._descriptor is not None  # noqa: S101 (taken before)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def is_held(self) -> bool:
        """Whether any process holds it now."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def give_up(self) -> None:
        """Hold it no more."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
