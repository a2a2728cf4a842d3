"""Make an instance's folder: whole, or not at all."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from listenlink.errors import RefusesToStart, fault_of_system
from listenlink.media.disk.faults import name_of
from listenlink.store.database.sqlite import FILE_NAME

# What file systems have at their root by themselves.
_NOTHING = {"lost+found"}


def check_empty(data: Path, ending: str) -> None:
    """Raise RefusesToStart if there is anything at `data` but an empty folder, or what a crash left of
    filling one."""
    try:
        is_free = not data.exists() or (
            data.is_dir() and {path.name for path in data.iterdir()} <= {f".{ending}", *_NOTHING}
        )
    except OSError as error:
        raise _refusal(data, error) from None
    if not is_free:
        raise RefusesToStart(f"{data} isn't an empty folder; nothing was changed")


@contextlib.contextmanager
def filling(data: Path, ending: str) -> Iterator[Path]:
    """Give a folder to make the instance in, which is then put into place; if the block fails, it's gone.

    Where there is no folder yet, all of it gets its name at once. One that is there may be a mount, which
    nothing can be renamed to; it's filled from within, with the database last, which makes it an instance.
    Raises RefusesToStart if it can't be made.
    """
    is_there = data.exists()
    draft = data / f".{ending}" if is_there else data.with_name(f".{data.name}.{ending}")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise _refusal(data, error) from None
    try:
        yield draft
        if is_there:
            _move_in(draft, data)
        else:
            draft.rename(data)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _move_in(draft: Path, data: Path) -> None:
    moved: list[Path] = []
    try:
        for path in sorted(draft.iterdir(), key=lambda path: path.name == FILE_NAME):
            moved.append(path.rename(data / path.name))
        draft.rmdir()
        data.chmod(0o700)
    except BaseException:
        for path in moved:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        raise


def _refusal(data: Path, error: OSError) -> RefusesToStart:
    reason = f"{fault_of_system(error)} ({name_of(error)})"
    return RefusesToStart(f"{error.filename or data}: {reason}; nothing was changed")
