"""The folders in which an instance stores things on its own disk."""

from __future__ import annotations

from pathlib import Path

from listenlink.media.disk.faults import OBJECTS, UPLOADS
from listenlink.media.disk.room import DATA


def list_places(root: Path, *, has_objects: bool) -> dict[str, Path]:
    """Where is written, by the names under which it's told; to `objects/` only if they're stored here."""
    places = {UPLOADS: root / UPLOADS, OBJECTS: root / OBJECTS, DATA: root}
    return {name: path for name, path in places.items() if has_objects or name != OBJECTS}


def make_folders(root: Path) -> None:
    """Make the folders that are missing, readable by the owner only. Raises OSError."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (UPLOADS, OBJECTS):
        (root / name).mkdir(mode=0o700, exist_ok=True)
