"""Somebody's track, collection, link, key and upload, and others who have none of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from engines import new_backend
from listenlink.actions import manage_collections, manage_keys
from listenlink.actions.authenticate import Caller, act_in_person
from listenlink.actions.make_link import NewLink, make_link
from listenlink.model.api_key import SCOPES
from listenlink.model.licence import UNCLEAR
from listenlink.model.owner import Owner
from listenlink.model.sealing import TokenSealer
from listenlink.model.share import TargetType
from listenlink.model.signing import SigningKey
from listenlink.model.track import StoredAudio, Track
from listenlink.store import library, people, resumable_uploads, tracks
from listenlink.store.database.database import Database

NOW = 1_000_000
DIGEST = b"d" * 32
SEALER = TokenSealer([SigningKey("0000000a", b"a" * 32)])
_TABLES = (
    "tracks", "collections", "collection_tracks", "shares", "library", "api_keys", "resumable_uploads"
)  # fmt: skip


class Made(NamedTuple):
    """What the owner has."""

    track: int
    collection: int
    link: NewLink
    key: int
    upload: int


class Place(NamedTuple):
    """A database with an owner, a colleague, the owner in another organisation, and a colleague who saved
    the owner's track."""

    database: Database
    owner: Caller
    colleague: Caller
    elsewhere: Caller
    saver: Caller
    made: Made

    def everything(self) -> list[list[Any]]:
        """All rows that somebody owns."""
        return self.database.read_now(
            lambda c: [
                sorted(map(repr, c.execute(text(f"SELECT * FROM {table}"))))  # noqa: S608
                for table in _TABLES
            ]
        )


def _add_person(
    connection: Connection, name: str, *organizations: int, role: str = "owner"
) -> list[Caller]:
    user = people.add_user(connection, f"{name}@localhost.example", NOW)
    callers = []
    for number in organizations:
        people.add_membership(connection, number, user, role, NOW)
        key = manage_keys.add_key(connection, number, user, frozenset(SCOPES), NOW, None)
        callers.append(Caller(Owner(number, user), frozenset(SCOPES), key.listed.id))
    return callers


def _add_track(connection: Connection, owner: Caller) -> int:
    audio = tracks.add_audio(connection, StoredAudio(DIGEST, 1, "audio/wav", 0), NOW)
    said: dict[str, Any] = {
        "id": 0, "title": "Song", "artist": None, "engine": "studio", "mode": "song", "instrumental": False,
        "sample_count": 1, "sample_rate": 1, "stamp": UNCLEAR, "created_at": NOW,
    }  # fmt: skip
    organization, user = owner.owner
    track = Track(organization_id=organization, creator_id=user, **said)
    track = tracks.add_track(connection, track, audio)
    library.add_edge(connection, *owner.owner, track.id, None, NOW)
    return track.id


async def make_place(folder: Path) -> Place:
    """A place in an empty database of the tests' kind."""
    database = new_backend(folder).open()

    def fill(connection: Connection) -> tuple[list[Caller], int, int]:
        here, there = (people.add_organization(connection, name, NOW) for name in ("Here", "There"))
        owner, elsewhere = _add_person(connection, "owner", here, there)
        (colleague,) = _add_person(connection, "colleague", here)
        (saver,) = _add_person(connection, "saver", here)
        track = _add_track(connection, owner)
        library.add_edge(connection, *saver.owner, track, None, NOW)
        begun = resumable_uploads.add_upload(connection, *owner.owner, 9, "", NOW)
        return [owner, colleague, elsewhere, saver], track, begun.id

    (owner, *others), track, upload = await database.write(fill)
    colleague, elsewhere, saver = others
    album = await manage_collections.make_collection(database, owner, "Album", None, None, NOW)
    await manage_collections.add_track(database, owner, album.id, track, NOW)
    link = await make_link(database, SEALER, owner, TargetType.TRACK, track, {}, NOW)
    assert owner.key_id is not None
    made = Made(track, album.id, link, owner.key_id, upload)
    return Place(database, owner, colleague, elsewhere, saver, made)


async def in_person(place: Place) -> Place:
    """The same place, where everybody acts without a key."""

    async def act(caller: Caller) -> Caller:
        return await act_in_person(place.database, caller.owner)

    return place._replace(
        owner=await act(place.owner),
        colleague=await act(place.colleague),
        elsewhere=await act(place.elsewhere),
        saver=await act(place.saver),
    )
