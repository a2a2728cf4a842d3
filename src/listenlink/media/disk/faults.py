"""A disk that is full, read-only, gone or another user's: a Problem for whoever asked, a line in the log."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator

import structlog

from listenlink.errors import Problem, ProblemKind, is_exhausted

UPLOADS, OBJECTS = "uploads", "objects"
_FULL = (errno.ENOSPC, errno.EDQUOT)
# Mistakes of this program, which are to be noticed as such.
_OUR_OWN = (errno.EBADF, errno.EFAULT)


class StorageFault(Problem):
    """What can't be stored, or read, now. `place` is the folder within the instance's, `reason` the name of
    the system's error (errno(3)), as in `EROFS`; neither is told to the caller."""

    def __init__(self, place: str, error: OSError) -> None:
        is_full = error.errno in _FULL
        super().__init__(ProblemKind.STORAGE_FULL if is_full else ProblemKind.STORAGE_UNAVAILABLE)
        self.place = place
        self.reason = name_of(error)


def name_of(error: OSError) -> str:
    """The name of the system's error, as in `EACCES`."""
    return errno.errorcode.get(error.errno or 0, "unknown")


@contextlib.contextmanager
def storing(place: str, *, logs: bool = True) -> Iterator[None]:
    """Turn the system's errors in this place into a StorageFault; `logs` errno and path.

    A lack of descriptors and a mistake of this program, which are no faults of the disk, are passed on.
    """
    try:
        yield
    except OSError as error:
        if is_exhausted(error) or error.errno in _OUR_OWN:
            raise
        if logs:
            log_fault(place, error)
        raise StorageFault(place, error) from error


def log_fault(place: str, error: OSError) -> None:
    """Log what couldn't be done: where, the error's name, and the path, named at random or by a digest."""
    path = None if error.filename is None else str(error.filename)
    structlog.get_logger().error("storage_fault", place=place, errno=name_of(error), path=path)
