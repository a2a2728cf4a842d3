"""What `listenlink tracks replace`, `versions`, `use-version` and `remove-version` do, by the API."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from listenlink.cli.naming import read_id
from listenlink.cli.owning import ask, owner_of, say
from listenlink.cli.removing import remove_each
from listenlink.cli.table import Column, Item, field, print_list
from listenlink.cli.tracks import length_of
from listenlink.client import Client
from listenlink.errors import RefusesToStart, fault_of_system
from listenlink.model import ids
from listenlink.model.versions import SAME_LENGTH_SECONDS

_OPTIONS = {"file": "FILE", "engine": "--engine"}


def _state(item: Item) -> str:
    return "removed" if item["removed"] else "current" if item["current"] else ""


COLUMNS = (
    Column("version", field("version"), is_number=True),
    Column("length", field("measured_duration_seconds"), length_of, is_number=True),
    Column("made", field("created_at")),
    Column("engine", field("engine")),
    Column("licence", lambda item: item["licence"]["licence_class"]),
    Column("state", _state),
)


def replace(
    track: str,
    file: Path,
    engine: str | None,
    yes: bool,
    server: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Put the file in, and make it current once its length is no surprise. Raises RefusesToStart."""
    number = read_id(ids.TRACK, track, "TRACK")
    said: dict[str, Any] = {} if engine is None else {"engine": engine}
    with owner_of(server, api_key) as client:
        try:
            told = ask(
                lambda: client.add_version(number, file, current=False, **said), _OPTIONS, number
            )
        except OSError as error:
            raise RefusesToStart(f"{file}: {fault_of_system(error)}") from None
        added = _versions(client, number)[0]
        _consent(added, yes)
        _use(client, number, added["version"])
        track_now = ask(lambda: client.get(client.path_of("tracks", number)), about=number)
    if as_json:
        print(json.dumps(track_now))
        return
    say(f"{number}  {told.title}  version {added['version']}, {length_of(added)}")
    print("Its links lead to it now, but for those that are pinned to another.")


def list_versions(track: str, server: str | None, api_key: str | None, as_json: bool) -> None:
    """Print the versions of a track. Raises RefusesToStart."""
    number = read_id(ids.TRACK, track, "TRACK")
    with owner_of(server, api_key) as client:
        items = _versions(client, number)
    if as_json:
        print(json.dumps({"items": items}))
    else:
        print_list(items, COLUMNS, "There are none.")


def use(
    track: str, version: int, yes: bool, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Make a version current. Raises RefusesToStart."""
    number = read_id(ids.TRACK, track, "TRACK")
    with owner_of(server, api_key) as client:
        found = [one for one in _versions(client, number) if one["version"] == version]
        if found and not found[0]["removed"]:
            _consent(found[0], yes)
        told = _use(client, number, version)
    if as_json:
        print(json.dumps(told))
    else:
        say(f"{number}  version {version} is the current one, {length_of(told)}")


def remove(
    track: str, version: int, yes: bool, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Remove a version for good. Raises RefusesToStart."""
    number = read_id(ids.TRACK, track, "TRACK")
    with owner_of(server, api_key) as client:
        path = client.path_of("tracks", number, "versions", str(version))
        remove_each(
            [number],
            lambda _: f"version {version}: gone for good. Links that are pinned to it lead nowhere then.",
            lambda _: client.delete(path),
            yes=yes, as_json=as_json,
        )  # fmt: skip


def _versions(client: Client, number: str) -> list[Item]:
    told = ask(lambda: client.versions(number), about=number)
    items: list[Item] = json.loads(msgspec.json.encode(told))
    return items


def _use(client: Client, number: str, version: int) -> Item:
    path = client.path_of("tracks", number, "versions", str(version))
    told: Item = ask(lambda: client.patch(path, json={"current": True}), about=f"version {version}")
    return told


def _consent(version: Item, yes: bool) -> None:
    """Ask whoever is at the terminal about a length that is another. Raises RefusesToStart."""
    change = version["length_change_seconds"]
    if yes or abs(change) <= SAME_LENGTH_SECONDS:
        return
    by = f"{abs(change):.1f} s {'longer' if change > 0 else 'shorter'} than the current one"
    told = f"version {version['version']} is {by}"
    kept = "the current one stays; tracks use-version makes this one current"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise RefusesToStart(f"--yes: {told}, and nobody can be asked here: {kept}")
    print(f"{told[0].upper()}{told[1:]}.", file=sys.stderr)
    print("Make it current? Anything but y leaves it: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise RefusesToStart(kept)
