"""A small file system for tests of what happens where there is little room. Needs root."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

MB = 1_000_000


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system of so many MB at this path, gone in the end."""
    folder.mkdir()
    size = f"size={megabytes * MB}"
    mounting = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mounting, check=False, capture_output=True).returncode:
        pytest.skip("a small file system can't be mounted here: that needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def free_bytes(folder: Path) -> int:
    """What is free there."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def leave_free(folder: Path, size_bytes: int) -> Path:
    """Another program's file, which leaves this much free; it's there already if there is less."""
    path = folder / "other-program"
    path.unlink(missing_ok=True)
    with path.open("wb") as file:
        while (more := free_bytes(folder) - size_bytes) > 0:
            file.write(bytes(min(more, MB)))
            file.flush()
    return path
