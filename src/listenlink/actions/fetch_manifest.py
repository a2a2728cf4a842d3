"""Fetch what this server signed of a track: with the permission to play it, and for as long as that holds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from listenlink.actions.play_track import Playing, TrackPlayer
from listenlink.media.signed_url import OwnPlayback, SharedPlayback
from listenlink.media.storage import Audio, Storage
from listenlink.model.manifest import CONTENT_TYPE
from listenlink.store import manifests
from listenlink.store.database.database import Database
from listenlink.store.opening.playback import Playable

# As it's saved: it belongs to no file by its name.
FILE_NAME = "manifest.c2pa"


class _InMemory:
    """A manifest's bytes, read like a stored object."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def read(self, length: int, offset: int, following: int = 0) -> bytes:
        """At most `length` bytes starting at `offset`."""
        return self._content[offset : offset + length]


@dataclass(frozen=True, slots=True)
class Fetching:
    """A permission to fetch a manifest."""

    playing: Playing
    content: bytes

    @property
    def playback(self) -> SharedPlayback | OwnPlayback:
        """What has to hold for the sending to go on."""
        return self.playing.playback

    @property
    def playable(self) -> Playable:
        """What is sent."""
        digest = hashlib.sha256(self.content).digest()
        return Playable(digest, len(self.content), CONTENT_TYPE)

    @property
    def expires_at(self) -> int:
        """When the URL stops being good for starting."""
        return self.playing.expires_at

    @property
    def is_object(self) -> bool:
        """It's none: it's in the database."""
        return False

    async def open(self, storage: Storage, start: int, length: int) -> Audio:
        """The manifest."""
        return _InMemory(self.content)


async def begin_fetching(
    database: Database, player: TrackPlayer, signed: str, now_us: int
) -> Fetching | None:
    """Return permission to fetch the manifest of what a playback URL's signed value names; None if there is
    none now, whatever the reason, or no manifest."""
    playing = await player.begin(signed, now_us)
    if playing is None:
        return None
    track_id, version = playing.playback.track_id, playing.playback.version
    found = await database.read(lambda c: manifests.find_manifest(c, track_id, version))
    return None if found is None else Fetching(playing, found.content)
