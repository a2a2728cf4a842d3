"""`listenlink backup` and `listenlink restore`."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from listenlink.actions.back_up_instance import back_up
from listenlink.actions.restore_instance import restore as restore_instance
from listenlink.cli.room_words import room_line
from listenlink.clock import Clock
from listenlink.errors import RefusesToStart
from listenlink.media.disk.room import NoRoom
from listenlink.settings import load_settings


def backup(data: Path | None, to: Path, with_keys: bool, as_json: bool) -> None:
    """Make or update a backup and print what is in it. Raises RefusesToStart."""
    settings = load_settings(data=data)
    if settings.database_url is not None:
        raise RefusesToStart(
            "The database is PostgreSQL's, which has a better way: pg_dump (docs/operating.md, Backup)"
        )
    folder = settings.data
    try:
        done = back_up(folder, to, with_keys, Clock().now_us(), settings.keep_free_bytes)
    except NoRoom as error:
        raise RefusesToStart(f"{room_line(error.place)}; an earlier backup is as it was") from None
    if settings.storage_url is not None:
        print("The audio is in the bucket, which has to be copied by itself.", file=sys.stderr)
    elif done.missing:
        print(
            f"{done.missing} audio files weren't there any more: their tracks were deleted "
            "meanwhile, or they are lost.",
            file=sys.stderr,
        )
    if as_json:
        print(msgspec.json.encode(done).decode())
        return
    print(f"{folder} is backed up in {to}: the database and {done.objects} objects.")
    print(f"New to it: {done.added}; gone from it: {done.removed}.")
    print("The keys are in it: keep it secret." if done.has_keys else "No keys are in it.")


def restore(source: Path, data: Path | None, as_json: bool) -> None:
    """Make an instance from a backup and print what is in it. Raises RefusesToStart."""
    settings = load_settings(data=data)
    if settings.database_url is not None:
        raise RefusesToStart(
            "The database is PostgreSQL's, which has a better way: pg_dump (docs/operating.md, Backup)"
        )
    folder = settings.data
    try:
        done = restore_instance(source, folder, settings.keep_free_bytes)
    except NoRoom as error:
        raise RefusesToStart(f"{room_line(error.place)}; nothing was restored") from None
    if as_json:
        print(msgspec.json.encode(done).decode())
        return
    print(f"{folder} is as it was at {done.taken_at}: {done.rows} rows, {done.objects} objects.")
    if done.missing:
        print(f"{done.missing} objects weren't in the backup.")
    if done.has_new_keys:
        print(
            "The keys are new: whoever listens opens their link again, and links made before can't be shown "
            "again (docs/operating.md, Link keys)."
        )
    print("Links that were revoked since then open again. Revoke them anew.")
