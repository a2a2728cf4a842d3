"""Show a track at the desk: what its creator may change of it, what a listener reads, what hangs on it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller
from listenlink.actions.manage_library import get_in_library, get_made
from listenlink.actions.manage_links import ToldLink, list_links
from listenlink.actions.manage_versions import ListedVersions, look_at_versions
from listenlink.model import ids
from listenlink.model.licence import EngineRegistry
from listenlink.model.listing import Slice
from listenlink.model.mark import Ai
from listenlink.model.page import PageTrack
from listenlink.model.share import TargetType
from listenlink.model.sound import Sound
from listenlink.model.track import Track
from listenlink.store import derived, track_ties
from listenlink.store.database.database import Database
from listenlink.store.track_ties import File, NamedCollection

MOST_LINKS = 50
MOST_COLLECTIONS = 100


@dataclass(frozen=True, slots=True)
class ShownTrack:
    """A track in a library. `listened` is what whoever hears it is told. Its `links`, the newest first, its
    `collections`, its `versions` and its `file` are its creator's; `has_more` links than these."""

    track: Track
    is_own: bool
    listened: PageTrack
    file: File | None
    links: list[ToldLink]
    has_more: bool
    collections: list[NamedCollection]
    versions: ListedVersions | None = None


@dataclass(frozen=True, slots=True)
class Removal:
    """What goes with a track: the links that work now and won't, the collections that it leaves, and how many
    others lose it from their library."""

    track: Track
    links: int
    collections: list[NamedCollection]
    savers: int


async def show_track(
    database: Database, registry: EngineRegistry, caller: Caller, track_id: int, now_us: int
) -> ShownTrack:
    """Return a track that the caller made or saved. Raises Problem(NOT_FOUND), also for somebody else's."""

    def find(
        connection: Connection,
    ) -> tuple[Track, Sound, File, list[NamedCollection], ListedVersions | None]:
        track = get_in_library(connection, caller, track_id)
        is_own = (track.organization_id, track.creator_id) == caller.owner
        return (
            track,
            derived.find_sound(connection, track_id, track.version),
            track_ties.find_file(connection, track_id),
            track_ties.list_collections(connection, caller.owner, track_id, MOST_COLLECTIONS),
            look_at_versions(connection, caller, track_id) if is_own else None,
        )

    track, sound, file, collections, versions = await database.read(find)
    listened = _listened(registry, track, sound, now_us)
    if versions is None:
        return ShownTrack(track, False, listened, None, [], False, [])
    target = (TargetType.TRACK, track_id)
    links = await list_links(database, caller, target, None, now_us, Slice(MOST_LINKS))
    has_more = links.place is not None
    return ShownTrack(track, True, listened, file, links.items, has_more, collections, versions)


async def look_at_removal(
    database: Database, caller: Caller, track_id: int, now_us: int
) -> Removal:
    """Return what would go with the caller's track. Raises Problem(NOT_FOUND), and
    Problem(INSUFFICIENT_PERMISSIONS) for a user who only saved it."""

    def find(connection: Connection) -> Removal:
        track, owner = get_made(connection, caller, track_id), caller.owner
        return Removal(
            track,
            track_ties.count_working(connection, owner, track_id, now_us),
            track_ties.list_collections(connection, owner, track_id, MOST_COLLECTIONS),
            track_ties.count_savers(connection, owner, track_id),
        )

    return await database.read(find)


def _listened(registry: EngineRegistry, track: Track, sound: Sound, now_us: int) -> PageTrack:
    """As the share page tells it (`actions/show_page.py`)."""
    return PageTrack(
        number=track.id,
        id=ids.public_id(ids.TRACK, track.id),
        title=track.title,
        artist=track.artist,
        seconds=track.measured_duration_seconds,
        peaks=sound.derived.peaks,
        cover=sound.derived.cover_digest,
        cover_small=sound.derived.cover_small_digest,
        licence=track.licence(registry, now_us),
        engine_name=registry.name(track.engine, now_us),
        version=track.version,
        claims=track.claims(registry, now_us),
        has_manifest=track.signed is not Ai.NONE,
    )
