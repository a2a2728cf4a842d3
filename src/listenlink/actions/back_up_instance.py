"""Back up a running instance: the database as of one moment, and the audio it refers to.

    TO/backup.json           the manifest; renamed into place last: the new backup is whole, or the old stays
    TO/listenlink-….db       the database
    TO/objects/ab/ab12…      audio; what is there already isn't copied again
    TO/signing-keys          only on request, and so TO/link-keys and TO/marking-key

The keys behind the audit's pseudonyms are never included: they're meant to be gone after seven days.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from listenlink import __version__
from listenlink.actions.create_instance import is_instance
from listenlink.actions.find_instance import SECRETS
from listenlink.errors import RefusesToStart
from listenlink.media.disk.room import Room
from listenlink.media.folder.folder import Folder
from listenlink.media.folder.object_copies import ObjectCopies, digest_of, require_for_copy
from listenlink.model.moment import iso_seconds
from listenlink.secret_keys import KEY_FILES, SIGNING_FILE, copy_keys
from listenlink.store.database import backup
from listenlink.store.database.identity import find_identity
from listenlink.store.database.location import DatabaseLocation
from listenlink.store.database.sqlite import FILE_NAME, schema_version

MANIFEST = "backup.json"
OBJECTS = "objects"
_LOCK = ".lock"
_DATABASES = "listenlink-*.db"
_OURS = {MANIFEST, OBJECTS, *KEY_FILES, _LOCK}
_BEGINNINGS = ("listenlink-", f".{MANIFEST}", *(f".{name}" for name in KEY_FILES))


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds. `missing` lists the digests of audio that was no longer there once the database
    had been copied: its track was deleted in between, or the audio is lost. `instance` is the id of the one
    that was backed up; None if its release had none."""

    release: str
    schema: str
    taken_at: str
    database: str
    database_sha256: str
    rows: dict[str, int]
    objects: int
    missing: list[str]
    format: int = 1
    instance: str | None = None


class BackedUp(msgspec.Struct, frozen=True):
    """The result: the objects in the backup, and how many were added to it and removed from it."""

    objects: int
    added: int
    removed: int
    missing: int
    has_keys: bool


def back_up(
    data: Path, to: Path, with_keys: bool, now_us: int, keep_free_bytes: int | None = 0
) -> BackedUp:
    """Make or update the backup in the folder `to`, on whose disk so much stays free.

    Raises NoRoom, and RefusesToStart if there is no instance, if the folder holds something else or another
    instance's backup, or if the copy isn't whole; any earlier backup is then left as it was.
    """
    if not is_instance(DatabaseLocation(data)):
        raise RefusesToStart(f"{data} isn't an instance")
    _check_target(data, to)
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(to):
        _check_owner(data, to)
        name = f"listenlink-{secrets.token_hex(6)}.db"
        room = Room({str(to): to}, keep_free_bytes)
        try:
            require_for_copy(room, data / FILE_NAME)
            backup.copy_database(data / FILE_NAME, to / name)
            damage = backup.find_damage(to / name)
            if damage is not None:
                raise RefusesToStart(f"{data / FILE_NAME}: the copy isn't whole: {damage}")
            return _complete(data, to, name, with_keys, now_us, room)
        except BaseException:
            if not _is_current(to, name):
                (to / name).unlink(missing_ok=True)
            raise


def _complete(
    data: Path, to: Path, name: str, with_keys: bool, now_us: int, room: Room
) -> BackedUp:
    """Add what the copied database needs, write the manifest, and delete what only the last backup needed."""
    needed = backup.list_objects(to / name)
    copies, folder = ObjectCopies(to / OBJECTS, room), Folder(data)
    added, missing = 0, []
    for digest in sorted(needed):
        try:
            added += copies.add(digest, folder.object_path(digest))
        except FileNotFoundError:
            missing.append(digest)
    for keys in KEY_FILES:
        # An instance whose links aren't kept has no keys to them, and it may have been given one to sign by.
        if with_keys and (keys == SIGNING_FILE or (data / SECRETS / keys).exists()):
            copy_keys(keys, data / SECRETS, to)
        else:
            (to / keys).unlink(missing_ok=True)
    manifest = Manifest(
        __version__,
        schema_version(to / name) or "",
        iso_seconds(now_us),
        name,
        digest_of(to / name),
        backup.count_rows(to / name),
        len(needed) - len(missing),
        [digest.hex() for digest in missing],
        instance=find_identity(data / FILE_NAME).id,
    )
    _write_manifest(to, manifest)
    removed = copies.keep_only(needed)
    for path in to.glob(_DATABASES + "*"):
        if path.name != name:
            path.unlink()
    return BackedUp(manifest.objects, added, removed, len(missing), with_keys)


def read_manifest(folder: Path) -> Manifest:
    """Return the backup's manifest. Raises RefusesToStart if there is none."""
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError):
        raise RefusesToStart(f"{folder} isn't a backup that was completed") from None


def _check_target(data: Path, to: Path) -> None:
    if to.resolve().is_relative_to(data.resolve()):
        raise RefusesToStart(f"{to} is inside of what is backed up")
    if not to.exists():
        return
    if not to.is_dir():
        raise RefusesToStart(f"{to} isn't a folder")
    strange = [
        path.name
        for path in to.iterdir()
        if path.name not in _OURS and not path.name.startswith(_BEGINNINGS)
    ]
    if strange:
        raise RefusesToStart(f"{to} holds something that isn't a backup's: {strange[0]}")


def _check_owner(data: Path, to: Path) -> None:
    """Raise RefusesToStart if the backup in `to`, or what is left of one, is another instance's."""
    own = find_identity(data / FILE_NAME)
    try:
        manifest = read_manifest(to)
    except RefusesToStart:
        manifest = None
    databases = list(to.glob(_DATABASES)) if manifest is None else [to / manifest.database]
    owners = [find_identity(path, is_copy=True) for path in databases]
    if manifest is not None and manifest.instance is not None:
        owners = [owners[0]._replace(id=manifest.instance)]
    answers = {own.is_same(owner) for owner in owners}
    if False in answers:
        raise RefusesToStart(f"{to} holds the backup of another instance than {data}")
    if manifest is not None and None in answers:
        raise RefusesToStart(
            f"{to} holds a backup of which it can't be told whether it's of {data}"
        )


def _is_current(to: Path, name: str) -> bool:
    try:
        return read_manifest(to).database == name
    except RefusesToStart:
        return False


def _write_manifest(to: Path, manifest: Manifest) -> None:
    draft = to / f".{MANIFEST}"
    with draft.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(to / MANIFEST)
    descriptor = os.open(to, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(descriptor)
    os.close(descriptor)


@contextmanager
def _alone(to: Path) -> Iterator[None]:
    descriptor = os.open(to / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise RefusesToStart(f"{to}: another backup is being made there") from None
    finally:
        os.close(descriptor)
