"""Trying whether files can be written in a folder, without leaving anything there."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

_TRIED_BYTES = 4096
# What file systems answer that have no unnamed files: open(2).
_NO_UNNAMED = (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL)


def try_writing(folder: Path, *, syncs: bool = True) -> None:
    """Return if a file can be made and written here, and `syncs` if it gets onto the disk; else raise
    OSError."""
    descriptor = _open_unnamed(folder)
    try:
        os.write(descriptor, bytes(_TRIED_BYTES))
        if syncs:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_subfolders(folder: Path) -> None:
    """Return if this user may write to each folder inside, as after being copied by another user they
    couldn't; else raise OSError."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if len(entry.name) == 2 and not os.access(
                entry.path, os.W_OK | os.X_OK, effective_ids=True
            ):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), entry.path)


def _open_unnamed(folder: Path) -> int:
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600)
    except OSError as error:
        if error.errno not in _NO_UNNAMED:
            raise
    path = folder / f".check-{secrets.token_hex(8)}"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        path.unlink()
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
