"""Restore an instance from a backup into a new folder: whole and verified, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from listenlink.actions.back_up_instance import OBJECTS, Manifest, read_manifest
from listenlink.actions.fill_folder import check_empty, filling
from listenlink.actions.find_instance import SECRETS
from listenlink.errors import RefusesToStart
from listenlink.media.disk.places import make_folders
from listenlink.media.disk.room import Room
from listenlink.media.folder.folder import Folder
from listenlink.media.folder.object_copies import ObjectCopies, copy_checked
from listenlink.secret_keys import KEY_FILES, MARKING_FILE, SIGNING_FILE, create_keys, take_keys
from listenlink.store.database import backup
from listenlink.store.database.columns import SCHEMA_VERSION
from listenlink.store.database.sqlite import FILE_NAME

_ENDING = "restored"


class Restored(msgspec.Struct, frozen=True):
    """What was restored. If the backup has no keys there are new ones, and sessions have ended."""

    taken_at: str
    rows: int
    objects: int
    missing: int
    has_new_keys: bool


def restore(source: Path, data: Path, keep_free_bytes: int | None = 0) -> Restored:
    """Restore the backup in `source` as the instance `data`, on whose disk so much stays free.

    Raises NoRoom and RefusesToStart, having made nothing, if `data` holds anything, or if the backup doesn't
    match its manifest: the database's digest and integrity, the rows of each table, each object's digest.
    """
    check_empty(data, _ENDING)
    manifest = read_manifest(source)
    if manifest.schema > SCHEMA_VERSION:
        raise RefusesToStart(f"{source} was made by a newer release, {manifest.release}")
    with filling(data, _ENDING) as draft:
        room = Room({str(data): draft}, keep_free_bytes)
        room.require(str(data), sum(path.stat().st_size for path in _files(source, manifest)))
        return _fill(draft, source, manifest, room)


def _files(source: Path, manifest: Manifest) -> Iterator[Path]:
    """What will be copied, as far as it's there."""
    path = source / manifest.database
    if path.is_file():
        yield path
    yield from (path for path in (source / OBJECTS).glob("*/*") if path.is_file())


def _fill(draft: Path, source: Path, manifest: Manifest, room: Room) -> Restored:
    path = draft / FILE_NAME
    try:
        is_same = copy_checked(
            bytes.fromhex(manifest.database_sha256), source / manifest.database, path, room
        )
    except FileNotFoundError:
        raise RefusesToStart(f"{source / manifest.database} isn't there") from None
    damage = backup.find_damage(path) if is_same else "it isn't the one that was backed up"
    if damage is not None:
        raise RefusesToStart(f"{source / manifest.database}: {damage}")
    # A backup of an earlier release names only those tables that its program happened to have in hand.
    if not manifest.rows.items() <= backup.count_rows(path).items():
        raise RefusesToStart(f"{source / manifest.database} hasn't the rows it had")
    make_folders(draft)
    objects = _copy_objects(Folder(draft), source, path, set(manifest.missing), room)
    for keys in KEY_FILES:
        if (source / keys).exists():
            take_keys(keys, source, draft / SECRETS)
        elif keys != MARKING_FILE:  # That is made when it's served, as at first.
            create_keys(draft / SECRETS, keys)
    has_keys = (source / SIGNING_FILE).exists()
    rows = sum(manifest.rows.values())
    return Restored(manifest.taken_at, rows, objects, len(manifest.missing), not has_keys)


def _copy_objects(folder: Folder, source: Path, path: Path, missing: set[str], room: Room) -> int:
    copies, copied = ObjectCopies(source / OBJECTS), 0
    for digest in sorted(backup.list_objects(path)):
        if digest.hex() in missing:
            continue
        try:
            is_same = copy_checked(digest, copies.path(digest), folder.object_path(digest), room)
        except FileNotFoundError:
            raise RefusesToStart(f"{copies.path(digest)} isn't there") from None
        if not is_same:
            raise RefusesToStart(f"{copies.path(digest)}: its bytes aren't those of its name")
        copied += 1
    return copied
