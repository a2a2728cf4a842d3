"""Each field of what the open and playback find is the column of its name, and so is what the open writes: on
both databases, though the SQL is written for each.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Connection, Table, insert, select

from engines import POSTGRESQL, SQLITE, new_backend
from listenlink.store import tables
from listenlink.store.audit import tables as audit_tables
from listenlink.store.database.location import DatabaseLocation
from listenlink.store.opening import postgres_opens, sqlite_opens
from listenlink.store.opening.connections import Connections
from listenlink.store.opening.open_rows import AuditLine, Found, FoundTrack, LimitedLine
from listenlink.store.opening.playback import Playable, PlaybackReader, SqlitePlaybackReader
from listenlink.store.opening.postgres_playback import PostgresPlaybackReader
from store.shown_rows import add_collection, add_link, add_owner, add_track

# No two of a row's values are alike, nor like what a column has by itself.
TRACK, COLLECTION, TO_TRACK, TO_COLLECTION = 21, 31, 41, 51
SUSPENDED_AT = 61
_TRACK: dict[str, Any] = {
    "title": "A title",
    "engine": "an engine",
    "mode": "cover",
    "instrumental": False,
    "sample_count": 22,
    "sample_rate": 23,
    "stamp_class": "a class",
    "stamp_version": "a version",
    "stamp_requires_attribution": True,
    "stamp_attribution_text": "a text",
    "declared": "0:CC0-1.0",
    "versions": "some",
    "rendition_digest": b"\x01" * 32,
    "rendition_size_bytes": 25,
    "rendition_content_type": "audio/ogg",
}
_COLLECTION: dict[str, Any] = {"name": "A name", "description": "A description", "removed_at": 32}
_LINK: dict[str, Any] = {
    "visibility": "public",
    "max_opens": 43,
    "opens": 42,
    "starts_at": 44,
    "expires_at": 45,
    "revoked_at": 46,
    "rotation": 47,
    "strict_open": True,
    "created_at": 48,
}
FLAGS = ("strict_open", "is_pinned", "has_password")


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def place(tmp_path: Path, request: pytest.FixtureRequest) -> DatabaseLocation:
    place = new_backend(tmp_path, request.param)
    work_on(place, _add_rows)
    return place


def _add_rows(connection: Connection) -> None:
    add_owner(connection)
    add_track(connection, TRACK, **_TRACK)
    renditions = {name: value for name, value in _TRACK.items() if "rendition" in name}
    connection.execute(tables.audio_objects.update().values(renditions))
    connection.execute(tables.tracks.update().values(created_at=24))
    facts = {name: value for name, value in _TRACK.items() if name in tables.track_versions.c}
    version = {"track_id": TRACK, "number": 1, "audio_id": TRACK, "created_at": 24}
    version |= {"is_shorter_than_declared": False}
    connection.execute(insert(tables.track_versions).values(facts | version))
    add_collection(connection, COLLECTION, TRACK, **_COLLECTION)
    add_link(connection, TO_TRACK, track_id=TRACK, **_LINK)
    add_link(connection, TO_COLLECTION, collection_id=COLLECTION)
    suspension = {"organization_id": 1, "suspended_at": SUSPENDED_AT}
    connection.execute(insert(tables.suspensions).values(suspension))


def work_on(place: DatabaseLocation, work: Callable[[Connection], Any]) -> Any:
    database = place.open()
    try:
        return database.write_now(work)
    finally:
        database.close()


def row_of(place: DatabaseLocation, table: Table, **by: int) -> dict[str, Any]:
    """The whole row, by the names of its columns."""
    asked = select(table).filter_by(**by)
    return work_on(place, lambda c: dict(c.execute(asked).mappings().one()))  # type: ignore[no-any-return]


async def run(place: DatabaseLocation, step: str, *arguments: Any) -> Any:
    """One step of the open's transaction."""
    if place.url is None:
        with closing(sqlite3.connect(place.path)) as connection, connection:
            return await getattr(sqlite_opens, step)(connection, *arguments)
    connections = Connections(place.url, 1)
    try:
        async with connections.use() as connection:
            return await getattr(postgres_opens, step)(connection, *arguments)
    finally:
        connections.close()


def assert_fields(found: Any, row: dict[str, Any], **otherwise: Any) -> None:
    """Each field is as in the row, or as said otherwise; and no two are alike, so that columns that took each
    other's place are seen: but for those that are true or false, of which below one at a time is true."""
    fields = dict(asdict(found) if isinstance(found, Struct) else found._asdict())
    expected = {name: otherwise.get(name, row.get(name)) for name in fields}
    assert fields == expected
    told = [str(value) for value in expected.values() if not isinstance(value, bool)]
    assert len(set(told)) == len(told), expected


@pytest.mark.parametrize("with_objects", [False, True])
async def test_what_an_open_finds(place: DatabaseLocation, with_objects: bool) -> None:
    digests = [number.to_bytes(32, "big") for number in (TO_TRACK, TO_COLLECTION)]
    found: Found = await run(place, "find_links", digests, with_objects, 1, [])
    link, other = (found.links[digest] for digest in digests)
    (member,) = (await run(place, "find_members", [COLLECTION], with_objects))[COLLECTION]
    track = row_of(place, tables.tracks, id=TRACK)
    digests_of = {"1": _TRACK["rendition_digest"].hex()}
    for each in (link.track, member):
        assert isinstance(each, FoundTrack)
        # Of each version, by its number.
        assert not with_objects or json.loads(each.object_digest) == digests_of
        assert with_objects or not each.object_digest
        assert_fields(each, track, object_digest=each.object_digest)
    assert_fields(other.collection, row_of(place, tables.collections, id=COLLECTION))
    assert_fields(
        link, row_of(place, tables.shares, id=TO_TRACK),
        suspended_at=SUSPENDED_AT, track=link.track, collection=None,
    )  # fmt: skip
    assert (other.id, other.track) == (TO_COLLECTION, None)


@pytest.mark.parametrize("named", FLAGS)
async def test_what_is_true_of_a_link(place: DatabaseLocation, named: str) -> None:
    flags = dict.fromkeys(FLAGS, False) | {named: True}
    work_on(place, lambda connection: connection.execute(tables.shares.update().values(flags)))
    digest = TO_TRACK.to_bytes(32, "big")
    found: Found = await run(place, "find_links", [digest], False, 1, [])
    assert {name: bool(getattr(found.links[digest], name)) for name in FLAGS} == flags


async def test_an_open_finds_the_audio_of_a_track_that_has_had_only_one_version(
    place: DatabaseLocation,
) -> None:
    work_on(place, lambda c: c.execute(tables.tracks.update().values(versions=None)))
    digest = TO_TRACK.to_bytes(32, "big")
    found: Found = await run(place, "find_links", [digest], True, 1, [])
    track = found.links[digest].track
    assert track is not None
    assert track.object_digest == _TRACK["rendition_digest"].hex()


async def test_what_playback_finds(place: DatabaseLocation) -> None:
    reader: PlaybackReader
    if place.url is None:
        reader = SqlitePlaybackReader(place.path)
    else:
        reader = PostgresPlaybackReader(Connections(place.url, 1))
    try:
        shared = await reader.find_shared(TO_TRACK, TRACK, 1)
        assert await reader.find_own(1, TRACK, 1) is None
        work_on(place, lambda connection: connection.execute(tables.suspensions.delete()))
        own = await reader.find_own(1, TRACK, 1)
    finally:
        reader.close()
    audio = row_of(place, tables.audio_objects, id=TRACK)
    sent = {name: audio[f"rendition_{name}"] for name in ("digest", "size_bytes", "content_type")}
    assert shared is not None
    assert_fields(shared, sent, life=shared.life, has_manifest=False)
    link = row_of(place, tables.shares, id=TO_TRACK)
    assert_fields(shared.life, link, suspended_at=SUSPENDED_AT)
    assert own == Playable(**sent)


async def test_what_an_open_writes(place: DatabaseLocation) -> None:
    named = [(b"p" * 16, "192.0.2.0/24")]
    found: Found = await run(place, "find_links", [], False, 1, named)
    (client,) = found.clients
    line = AuditLine(1000, 2, 3, TO_TRACK, 1005, client, 4, "a referrer")
    limited = LimitedLine(client, 1007, 8, 1009, 1010, 2, 12)
    assert await run(place, "keep", found.turn, {}, [line], [limited], [])
    assert_fields(line, row_of(place, audit_tables.audit, trace=1005))
    row = row_of(place, audit_tables.limited, trace=1010)
    assert_fields(limited, row, requests=row["count"])
