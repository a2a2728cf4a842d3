"""`listenlink move-audio`: copies an instance's audio from its folder into a bucket, or back."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from listenlink.actions.create_instance import check_instance
from listenlink.actions.find_instance import locate_database
from listenlink.actions.move_audio import AudioMover, Moved, open_notes
from listenlink.cli.room_words import room_line
from listenlink.errors import Problem, RefusesToStart
from listenlink.logs import set_up_logs
from listenlink.media.bucket.address import read_bucket_address
from listenlink.media.bucket.bucket_objects import BucketObjects
from listenlink.media.disk.faults import UPLOADS
from listenlink.media.disk.places import make_folders
from listenlink.media.disk.room import NoRoom
from listenlink.media.disk.serving_mark import ServingMark
from listenlink.media.folder.folder_objects import FolderObjects
from listenlink.media.moved_objects import Objects
from listenlink.settings import Settings, load_settings
from listenlink.store import stored_objects, tracks
from listenlink.store.database.database import Database
from listenlink.store.database.location import DatabaseLocation

_FOLDER = "folder"
_MB = 1_000_000
_AGAIN = "given again, the command goes on from there"


def move_audio(source: str, target: str, data: Path | None, as_json: bool) -> None:
    """Copy what isn't there yet and print how much it was. Raises RefusesToStart."""
    settings = load_settings(data=data)
    set_up_logs("error")  # A bucket that can't be reached is told in the one line.
    if source == target:
        raise RefusesToStart("--from and --to are the same")
    places = _find_place(source, settings), _find_place(target, settings)
    check_instance(settings)
    location = locate_database(settings)
    if not location.is_current():
        raise RefusesToStart(f"{location} is of another release; to update it: listenlink migrate")
    try:
        make_folders(settings.data)
        moved = _move(location, places, settings.data / UPLOADS, target)
        is_served = ServingMark(settings.data).is_held() or location.is_served()
    except NoRoom as error:
        raise RefusesToStart(f"{room_line(error.place)}; {_AGAIN}") from None
    except Problem:
        raise RefusesToStart(f"the bucket or the database can't be reached now; {_AGAIN}") from None
    _tell(moved, target, is_served, as_json)


def _find_place(where: str, settings: Settings) -> Objects:
    keep_free_bytes = settings.keep_free_bytes
    if where == _FOLDER:
        return FolderObjects(settings.data, keep_free_bytes)
    address = read_bucket_address(where, os.environ)
    return BucketObjects(address, settings.data / UPLOADS, keep_free_bytes)


def _move(
    location: DatabaseLocation, places: tuple[Objects, Objects], uploads: Path, target: str
) -> Moved:
    database: Database = location.open()
    try:
        needed = database.read_now(stored_objects.list_needed)
        with open_notes(uploads, target) as notes:
            mover = AudioMover(
                *places,
                notes,
                lambda digest: database.read_now(lambda c: tracks.is_object_kept(c, digest)),
            )
            return mover.move(needed, _show_progress)
    finally:
        database.close()
        if sys.stderr.isatty():
            print(file=sys.stderr)


def _show_progress(moved: Moved) -> None:
    if sys.stderr.isatty():
        done = moved.copied + moved.there_before + len(moved.missing)
        told = f"\r{done:,} of {moved.objects:,} objects, {moved.copied_bytes / _MB:,.1f} MB copied"
        print(told, end="", file=sys.stderr, flush=True)


def _tell(moved: Moved, target: str, is_served: bool, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(moved).decode())
    else:
        size = f"{moved.copied_bytes / _MB:,.1f} MB"
        print(f"Copied and compared: {moved.copied:,} objects, {size}.", end=" ")
        print(f"There before: {moved.there_before:,}. Nothing was deleted.")
    if moved.missing:
        raise RefusesToStart(
            f"{len(moved.missing)} objects can't be had whole, the first {moved.missing[0]}; "
            "all others are there"
        )
    setting = "without LISTENLINK_STORAGE_URL"
    if target != _FOLDER:
        setting = f"with LISTENLINK_STORAGE_URL={target}"
    if is_served:
        print(
            "A server is using the instance: stop it, give this command again for what has come since, "
            f"and start it {setting}.",
            file=sys.stderr,
        )
    elif not as_json:
        print(f"Serve it {setting} now.")
