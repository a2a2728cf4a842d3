"""Make the folders in which a node stores things, and say at once if it can't store anything in them."""

from __future__ import annotations

from pathlib import Path

from listenlink.actions.find_instance import SECRETS
from listenlink.errors import RefusesToStart, fault_of_system
from listenlink.media.disk.faults import OBJECTS, UPLOADS, name_of
from listenlink.media.disk.places import make_folders
from listenlink.media.disk.trial import check_subfolders, try_writing


def prepare_folder(data: Path, *, has_objects: bool) -> list[str]:
    """Make what is missing of the folder and its parents, and return what the operator has to know.

    Raises RefusesToStart if nothing could ever arrive here. Where only finished audio or the keys of days
    can't be stored, or the disk is merely full, links can still be opened, so that is a warning.
    """
    _check_links(data)
    try:
        make_folders(data)
    except OSError as error:
        raise RefusesToStart(_sentence("can't be made", error, data)) from None
    warnings, secrets = [], [SECRETS] if (data / SECRETS).exists() else []
    for name in (UPLOADS, OBJECTS, *secrets) if has_objects else (UPLOADS, *secrets):
        try:
            try_writing(data / name)
            if name == OBJECTS:
                check_subfolders(data / name)
        except OSError as error:
            told = _sentence("can't be written to", error, data / name)
            if name == UPLOADS and name_of(error) not in ("ENOSPC", "EDQUOT"):
                raise RefusesToStart(told) from None
            warnings.append(told)
    return warnings


def _check_links(data: Path) -> None:
    for path in (data, data / UPLOADS, data / OBJECTS):
        if path.is_symlink() and not path.exists():
            raise RefusesToStart(f"{path} is a link to {path.readlink()}, which isn't there")


def _sentence(what: str, error: OSError, path: Path) -> str:
    return f"{error.filename or path} {what}: {fault_of_system(error)} ({name_of(error)})"
