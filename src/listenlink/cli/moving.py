"""`listenlink move`: moves an instance from the embedded database into PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from urllib.parse import urlsplit

from listenlink.actions.create_instance import is_instance
from listenlink.errors import Problem, RefusesToStart
from listenlink.media.disk.serving_mark import ServingMark
from listenlink.store.database import take_over
from listenlink.store.database.identity import find_moved, marking_as_moved
from listenlink.store.database.location import DatabaseLocation
from listenlink.store.database.postgres import is_postgres_url
from listenlink.store.database.postgres_driver import is_unavailable
from listenlink.store.database.take_over import NotTheSame, Sum

_SQLITE = "sqlite:"


def move(source: str, target: str | None, undo: bool, as_json: bool) -> None:
    """Move the instance and print each table's count and digest; or `undo`, which takes the mark away that a
    move left. Raises RefusesToStart."""
    if not source.startswith(_SQLITE):
        raise RefusesToStart(f"--from: must be like {_SQLITE}FOLDER")
    here = DatabaseLocation(Path(source.removeprefix(_SQLITE).removeprefix("//")))
    if undo:
        _undo(here)
        return
    if target is None or not is_postgres_url(target):
        raise RefusesToStart("--to: must be like postgresql://user:password@host/name")
    there = DatabaseLocation(here.folder, target, "the database of --to")
    _check_source(here)
    try:
        with marking_as_moved(here.path, _without_password(target)):
            sums = _take_over(here, there)
    except NotTheSame as error:
        raise RefusesToStart(
            f"the table {error} didn't arrive as it was; nothing was kept"
        ) from None
    except Problem:
        raise RefusesToStart("the database of --to can't be reached now") from None
    except sqlite3.Error as error:
        raise RefusesToStart(f"{here.path} can't be marked as moved: {error}") from None
    _tell(sums, as_json)


def _undo(here: DatabaseLocation) -> None:
    where = find_moved(here.path) if here.path.exists() else None
    if where is None:
        raise RefusesToStart(f"{here} wasn't moved; nothing was changed")
    try:
        with marking_as_moved(here.path, None):
            pass
    except sqlite3.Error as error:
        raise RefusesToStart(f"{here.path} can't be changed: {error}") from None
    print(f"{here} is as it was before it was moved to {where}.")
    print("What has happened there since, opens and revocations too, isn't here.")


def _without_password(url: str) -> str:
    """The address of a database, as it may be shown and stored."""
    found = urlsplit(url)
    return f"{found.scheme}://{found.netloc.rpartition('@')[2]}{found.path}"


def _check_source(here: DatabaseLocation) -> None:
    if not is_instance(here):
        raise RefusesToStart(f"{here} isn't an instance")
    if not here.is_current():
        raise RefusesToStart(f"{here} is of another release; to update it: listenlink migrate")
    if ServingMark(here.folder).is_held():
        raise RefusesToStart(f"{here} is being served; stop the server first")


def _take_over(here: DatabaseLocation, there: DatabaseLocation) -> dict[str, Sum]:
    there.upgrade()
    database = there.open()
    try:
        filled = database.read_now(take_over.find_filled)
        if filled is not None:
            raise RefusesToStart(f"--to: the table {filled} isn't empty; nothing was changed")
        days = take_over.find_days(here.path)
        database.write_now(lambda connection: take_over.make_days(connection, days))
    finally:
        database.close()
    assert there.url is not None  # noqa: S101 (checked by the caller)
    try:
        return asyncio.run(take_over.take_over(here.path, there.url))
    except OSError as error:
        if is_unavailable(error):
            raise RefusesToStart("the database of --to can't be reached now") from None
        raise


def _tell(sums: dict[str, Sum], as_json: bool) -> None:
    if as_json:
        print(json.dumps({name: found._asdict() for name, found in sums.items()}))
        return
    for name, found in sums.items():
        print(f"  {name:<20}{found.rows:>12}  {found.digest[:16]}")
    print("All of it is there, row by row. Serve the same folder with LISTENLINK_DATABASE_URL now.")
    print("Without that the folder is refused: it's marked as moved.")
