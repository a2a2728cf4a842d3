"""What `listenlink collection tracks` and `collection order` do: a collection's tracks, and their order."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from listenlink.cli.listing import Kind, Wanted, fetch, tell_list
from listenlink.cli.naming import read_id, read_ids
from listenlink.cli.owning import ask, owner_of
from listenlink.cli.table import Column, Item, field
from listenlink.cli.tracks import length_of
from listenlink.client import Client, ListenlinkError
from listenlink.errors import RefusesToStart
from listenlink.model import ids

_NONE = "No tracks are in it yet. To put some in:  listenlink collection add COLLECTION TRACK…"
_COLUMNS = (
    Column("", field("position"), lambda item: str(item["position"] + 1), is_number=True),
    Column("id", field("track_id")),
    Column("length", lambda item: item["track"].get("measured_duration_seconds"),
           lambda item: length_of(item["track"]) if item["track"] else "", is_number=True),
    Column("artist", lambda item: item["track"].get("artist"), is_text=True),
    Column("title", lambda item: item["track"].get("title"), is_text=True),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where one track is to go: only one of these is given."""

    first: bool = False
    last: bool = False
    before: str | None = None
    after: str | None = None

    @property
    def given(self) -> list[str]:
        """The options that are."""
        known = {
            "--first": self.first,
            "--last": self.last,
            "--before": self.before,
            "--after": self.after,
        }
        return [option for option, value in known.items() if value]


def list_members(
    collection_id: str, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Print a collection's tracks, in order. Raises RefusesToStart."""
    number = read_id(ids.COLLECTION, collection_id, "COLLECTION")
    with owner_of(server, api_key) as client:
        members = _members(client, number)
        if as_json:
            tell_list(members, (), "", as_json, collection_id=number)
        else:
            _print_members(client, number, members)


def order(
    collection_id: str,
    track_ids: list[str],
    place: Place,
    server: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Have tracks come first in this order, or one go to its place, and print the order that they're in then.
    Raises RefusesToStart."""
    number = read_id(ids.COLLECTION, collection_id, "COLLECTION")
    tracks = read_ids(ids.TRACK, track_ids, "TRACK")
    if len(place.given) > 1:
        raise RefusesToStart(f"{place.given[1]}: not together with {place.given[0]}")
    if place.given and len(tracks) > 1:
        raise RefusesToStart(f"{place.given[0]}: for one track alone")
    with owner_of(server, api_key) as client:
        path = client.path_of("collections", number)
        held = [member["track_id"] for member in _members(client, number)]
        _require_in(held, tracks, number, "TRACK")
        if place.given:
            position = {"position": _position(held, tracks[0], place, number)}
            done = ask(lambda: client.patch(f"{path}/tracks/{tracks[0]}", json=position))
        else:
            done = ask(lambda: client.patch(f"{path}/order", json={"ordered_track_ids": tracks}))
        if as_json:
            print(json.dumps(done))
        else:
            _print_members(client, number, _members(client, number))


def _position(held: list[str], track: str, place: Place, number: str) -> int:
    """Where the track has to be counted from 0, once it's taken from where it is."""
    if place.first or place.last:
        return 0 if place.first else len(held) - 1
    option, beside = ("--before", place.before) if place.before else ("--after", place.after)
    beside = read_id(ids.TRACK, beside or "", option)
    _require_in(held, [beside], number, option)
    if beside == track:
        raise RefusesToStart(f"{option}: this is the track itself")
    others = [other for other in held if other != track]
    return others.index(beside) + (option == "--after")


def _require_in(held: list[str], tracks: list[str], number: str, named: str) -> None:
    """The API passes over what isn't in the collection; whoever mistypes an id should hear of it."""
    for track in tracks:
        if track not in held:
            raise RefusesToStart(f"{named}: {track} isn't in {number}")


def _members(client: Client, number: str) -> list[Item]:
    path = client.path_of("collections", number, "tracks")
    return ask(lambda: list(client.pages(path, dict[str, Any])), about=number)


def _print_members(client: Client, number: str, members: list[Item]) -> None:
    path = client.path_of("tracks")
    known = {
        track["id"]: track for track in fetch(client, path, Kind(), Wanted(), collection_id=number)
    }
    for member in members:
        if member["track_id"] not in known:  # It's their own, but not in their library any more.
            known[member["track_id"]] = _find(client, member["track_id"])
    items = [member | {"track": known[member["track_id"]]} for member in members]
    tell_list(items, _COLUMNS, _NONE, False)


def _find(client: Client, track: str) -> Item:
    """The track, or nothing if it's gone meanwhile."""
    try:
        return dict(client.get(client.path_of("tracks", track)))
    except ListenlinkError:
        return {}
