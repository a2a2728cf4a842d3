"""A second name for a file's bytes, also on another file system (docs/decisions/0043)."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from pathlib import Path

# Another file system; and those that have no hard links, or no more of them: link(2).
_NO_LINK = (
    errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP
)  # fmt: skip
_COPIED_BYTES = 1024 * 1024


def give_second_name(source: Path, target: Path) -> None:
    """Have `target` be the same bytes, which nobody changes; a target that is there stays as it is.

    Where there can be no link the bytes are copied, and on the disk before they have that name.
    Raises OSError.
    """
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        if not target.exists():
            _copy(source, target)


def remove_half_copies(target: Path) -> None:
    """Remove what a crash left of copying to this target. Raises OSError."""
    for half in target.parent.glob(f".{target.name}-*"):
        half.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    half = target.with_name(f".{target.name}-{secrets.token_hex(8)}")
    try:
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as writing, source.open("rb") as reading:
            shutil.copyfileobj(reading, writing, _COPIED_BYTES)
            writing.flush()
            os.fsync(writing.fileno())
        half.replace(target)
    except BaseException:
        half.unlink(missing_ok=True)
        raise
