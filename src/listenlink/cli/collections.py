"""What `listenlink collections` and `listenlink collection` do, by the API: what there is of them, and what
makes one."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from listenlink.cli.changing import require_some
from listenlink.cli.listing import Kind, Wanted, fetch, latest_first, tell_list
from listenlink.cli.naming import read_id, read_ids
from listenlink.cli.owning import ask, owner_of, say
from listenlink.cli.removing import open_links, remove_each
from listenlink.cli.table import Column, Item, field, print_facts
from listenlink.client import Client
from listenlink.errors import RefusesToStart
from listenlink.model import ids
from listenlink.model.folded import folded

_KIND = Kind(
    texts=lambda item: (item["name"], item["description"]),
    sorts={
        "name": lambda item: folded(item["name"]),
        "changed": lambda item: latest_first(item["updated_at"]),
    },
)
_NONE = "No collections yet, or none like that. To make one:  listenlink collection make NAME"
_COLUMNS = (
    Column("id", field("id")),
    Column("made", field("created_at"), lambda item: item["created_at"][:10]),
    Column("changed", field("updated_at"), lambda item: item["updated_at"][:10]),
    Column("name", field("name"), is_text=True),
)
_FIELDS = {"name": "NAME", "description": "--description", "cover_image_url": "--cover-image-url"}
_CHANGED = _FIELDS | {"name": "--name", "cover_track_id": "--cover-track"}


def list_collections(
    wanted: Wanted, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Print one's collections. Raises RefusesToStart."""
    with owner_of(server, api_key) as client:
        items = fetch(client, client.path_of("collections"), _KIND, wanted)
    tell_list(items, _COLUMNS, _NONE, as_json)


def show(collection_id: str, server: str | None, api_key: str | None, as_json: bool) -> None:
    """Print one collection. Raises RefusesToStart."""
    number = read_id(ids.COLLECTION, collection_id, "COLLECTION")
    with owner_of(server, api_key) as client:
        told = ask(lambda: client.get(client.path_of("collections", number)), about=number)
        links = "" if as_json else ask(lambda: open_links(client, number))
    _tell(told, links, as_json)


def make(
    facts: dict[str, Any],
    track_ids: list[str],
    server: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Make a collection of these tracks, in this order, and print it. Raises RefusesToStart, which says so if
    it was made, but a track couldn't be put in."""
    tracks = read_ids(ids.TRACK, track_ids, "TRACK")
    with owner_of(server, api_key) as client:
        made = ask(lambda: client.post(client.path_of("collections"), json=facts), _FIELDS)
        try:
            told = _put_in(client, made["id"], tracks) or made
        except RefusesToStart as error:
            raise RefusesToStart(f"{made['id']} was made, but not filled: {error}") from None
    _tell_line(told, as_json)


def add(
    collection_id: str,
    track_ids: list[str],
    server: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Put tracks at the end of a collection, and print it. Raises RefusesToStart."""
    number = read_id(ids.COLLECTION, collection_id, "COLLECTION")
    tracks = read_ids(ids.TRACK, track_ids, "TRACK")
    with owner_of(server, api_key) as client:
        ask(lambda: client.get(client.path_of("collections", number)), about=number)
        told = _put_in(client, number, tracks) or {}
    _tell_line(told, as_json)


def take_out(
    collection_id: str,
    track_ids: list[str],
    server: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Take tracks out of a collection. Raises RefusesToStart, and SystemExit if one of several can't be."""
    number = read_id(ids.COLLECTION, collection_id, "COLLECTION")
    tracks = read_ids(ids.TRACK, track_ids, "TRACK")
    with owner_of(server, api_key) as client:
        path = client.path_of("collections", number)
        ask(lambda: client.get(path), about=number)
        remove_each(
            tracks, str, lambda track: client.delete(f"{path}/tracks/{track}"), yes=True, as_json=as_json
        )  # fmt: skip


def edit(
    collection_id: str,
    changes: dict[str, Any],
    server: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Change a collection, and print it as it is then. Raises RefusesToStart."""
    number = read_id(ids.COLLECTION, collection_id, "COLLECTION")
    require_some(changes, "collections edit")
    if changes.get("cover_track_id") is not None:
        read_id(ids.TRACK, changes["cover_track_id"], "--cover-track")
    with owner_of(server, api_key) as client:
        path, about = client.path_of("collections", number), number
        if changes.get("cover_track_id") is not None:
            # The same 404 means either: so that it's said which, the collection is looked for first.
            ask(lambda: client.get(path), about=number)
            about = "--cover-track"
        told = ask(lambda: client.patch(path, json=changes), _CHANGED, about)
    _tell(told, "", as_json)


def remove(
    collection_ids: list[str], yes: bool, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Remove collections. Raises RefusesToStart, and SystemExit if one of several can't be."""
    numbers = read_ids(ids.COLLECTION, collection_ids, "COLLECTION")
    with owner_of(server, api_key) as client:
        remove_each(
            numbers,
            lambda number: _farewell(client, number),
            lambda number: client.delete(client.path_of("collections", number)),
            yes=yes, as_json=as_json,
        )  # fmt: skip


def _put_in(client: Client, number: str, tracks: list[str]) -> Item | None:
    """Put the tracks in, one after the other; the collection as it is then, None if there are none."""
    path, told = client.path_of("collections", number, "tracks"), None
    for track in tracks:
        told = ask(partial(client.post, path, json={"track_id": track}), about=track)
    return told


def _farewell(client: Client, number: str) -> str:
    told = client.get(client.path_of("collections", number))
    return (
        f"{told['name']}, {_counted(told)}: {open_links(client, number)}. Removed, it's gone for good: its "
        "links say so; its tracks stay."
    )


def _counted(told: Item) -> str:
    return "1 track" if told["track_count"] == 1 else f"{told['track_count']} tracks"


def _tell_line(told: Item, as_json: bool) -> None:
    if as_json:
        print(json.dumps(told))
    else:
        say(f"{told['id']}  {told['name']}  {_counted(told)}")


def _tell(told: Item, links: str, as_json: bool) -> None:
    if as_json:
        print(json.dumps(told))
        return
    say(told["name"])
    print_facts([
        ("id", told["id"]),
        ("description", told["description"]),
        ("tracks", told["track_count"]),
        ("cover of", told["cover_track_id"]),
        ("picture", told["cover_image_url"]),
        ("made", told["created_at"]),
        ("changed", told["updated_at"]),
        ("links", links or None),
    ])  # fmt: skip
