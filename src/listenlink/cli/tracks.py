"""What `listenlink tracks` does, by the API: lists, shows, changes and removes what is in one's library."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from listenlink.cli.changing import require_some
from listenlink.cli.declaring import OPTIONS
from listenlink.cli.licences import told_class
from listenlink.cli.listing import Kind, Wanted, fetch, tell_list
from listenlink.cli.naming import read_id, read_ids, require_word
from listenlink.cli.owning import ask, owner_of, say
from listenlink.cli.removing import open_links, remove_each
from listenlink.cli.table import Column, Item, field, print_facts
from listenlink.client import Client
from listenlink.model import ids
from listenlink.model.folded import folded
from listenlink.wire.bodies import MODES

_KIND = Kind(
    texts=lambda item: (item["title"], item.get("artist")),
    sorts={
        "title": lambda item: folded(item["title"]),
        "artist": lambda item: (not item.get("artist"), folded(item.get("artist") or "")),
        "length": lambda item: item["measured_duration_seconds"],
    },
    options={"mode": "--mode", "engine": "--engine", "collection_id": "--collection"},
)
_NONE = "No tracks yet, or none like that. To put one in:  listenlink upload FILE --engine ENGINE"


@dataclass(frozen=True, slots=True)
class Narrowed:
    """By what the API narrows a list of tracks."""

    mode: str | None = None
    engine: str | None = None
    collection_id: str | None = None


def length_of(item: Item) -> str:
    """How long a track is: `3:25`, `1:02:03`."""
    minutes, seconds = divmod(round(item["measured_duration_seconds"]), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


COLUMNS = (
    Column("id", field("id")),
    Column("length", field("measured_duration_seconds"), length_of, is_number=True),
    Column("licence", field("licence_class")),
    Column("artist", field("artist"), is_text=True),
    Column("title", field("title"), is_text=True),
)


def list_tracks(
    narrowed: Narrowed, wanted: Wanted, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Print what is in the library. Raises RefusesToStart."""
    require_word("--mode", narrowed.mode, MODES)
    collection = narrowed.collection_id
    if collection is not None:
        collection = read_id(ids.COLLECTION, collection, "--collection")
    with owner_of(server, api_key) as client:
        items = fetch(
            client, client.path_of("tracks"), _KIND, wanted,
            mode=narrowed.mode, engine=narrowed.engine, collection_id=collection,
        )  # fmt: skip
    tell_list(items, COLUMNS, _NONE, as_json)


def show(track_id: str, server: str | None, api_key: str | None, as_json: bool) -> None:
    """Print one track. Raises RefusesToStart."""
    number = read_id(ids.TRACK, track_id, "TRACK")
    with owner_of(server, api_key) as client:
        track = ask(lambda: client.get(client.path_of("tracks", number)), about=number)
        links = "" if as_json else ask(lambda: open_links(client, number))
    _tell(track, links, as_json)


def edit(
    track_id: str, changes: dict[str, Any], server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Change a track, and print it as it is then. Raises RefusesToStart."""
    number = read_id(ids.TRACK, track_id, "TRACK")
    require_some(changes, "tracks edit")
    with owner_of(server, api_key) as client:
        path = client.path_of("tracks", number)
        track = ask(lambda: client.patch(path, json=changes), _options(changes), number)
    _tell(track, "", as_json)


def _options(changes: dict[str, Any]) -> dict[str, str]:
    return {name: OPTIONS.get(name, f"--{name}") for name in [*changes, *OPTIONS]}


def remove(
    track_ids: list[str], yes: bool, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Remove tracks for everybody. Raises RefusesToStart, and SystemExit if one of several can't be."""
    numbers = read_ids(ids.TRACK, track_ids, "TRACK")
    with owner_of(server, api_key) as client:
        remove_each(
            numbers,
            lambda number: _farewell(client, number),
            lambda number: client.delete(client.path_of("tracks", number)),
            yes=yes, as_json=as_json,
        )  # fmt: skip


def take_out(track_ids: list[str], server: str | None, api_key: str | None, as_json: bool) -> None:
    """Take tracks out of the library. Raises RefusesToStart, and SystemExit if one of several can't be."""
    numbers = read_ids(ids.TRACK, track_ids, "TRACK")
    with owner_of(server, api_key) as client:
        remove_each(
            numbers,
            lambda number: number,
            lambda number: client.delete(client.path_of("tracks", number, "save")),
            yes=True, as_json=as_json,
        )  # fmt: skip


def _farewell(client: Client, number: str) -> str:
    track = client.get(client.path_of("tracks", number))
    return (
        f"{track['title']}: {open_links(client, number)}. Removed, it's gone for good, for everybody: its "
        "links say so, collections and libraries lose it."
    )


def _tell(track: Item, links: str, as_json: bool) -> None:
    if as_json:
        print(json.dumps(track))
        return
    say(track["title"])
    print_facts([
        ("id", track["id"]),
        ("artist", track.get("artist")),
        ("length", length_of(track)),
        ("engine", track["engine"]),
        ("mode", track["mode"]),
        ("instrumental", "yes" if track["instrumental"] else "no"),
        ("licence", told_class(track["licence_class"])),
        ("declared", track.get("declared_licence")),
        ("credit", track.get("attribution_text")),
        ("ai", _making_of(track)),
        ("made", track["created_at"]),
        ("version", _version_of(track)),
        ("links", links or None),
        ("file", _DOUBTFUL if track.get("is_shorter_than_declared") else None),
    ])  # fmt: skip


def _making_of(track: Item) -> str | None:
    """How much AI made, and who says so: `generated, says this server (Studio), signed by it`."""
    ai = track.get("ai")
    return "; ".join(map(_claim_of, ai["claims"])) if ai else None


def _claim_of(claim: Item) -> str:
    who = {"server": "this server", "creator": "the creator", "file": "the file itself"}
    named = f" ({claim['name']})" if claim["name"] else ""
    signed = ", signed by this server" if claim["signed"] else ""
    return f"{claim['mark']}, says {who.get(claim['by'], claim['by'])}{named}{signed}"


def _version_of(track: Item) -> str | None:
    versions = track.get("versions", 1)
    return f"{track['version']}, of {versions}" if versions > 1 else None


_DOUBTFUL = "its headers promise more than it holds: perhaps a part is missing"
