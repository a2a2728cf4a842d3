"""Play a track: at every request the playback URL is checked against the link as it stands now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from listenlink.clock import SECOND_US
from listenlink.media.signed_url import OwnPlayback, PlaybackUrls, SharedPlayback
from listenlink.media.storage import Audio, Storage
from listenlink.model.listen_session import is_of_another_time
from listenlink.model.moment import is_over
from listenlink.store.opening.playback import Playable, PlaybackReader


class Sendable(Protocol):
    """A permission to be sent bytes: which one, what they are, and until when it may begin (Unix seconds)."""

    @property
    def playback(self) -> SharedPlayback | OwnPlayback:
        """What has to hold for the sending to go on."""

    @property
    def playable(self) -> Playable:
        """What is sent."""

    @property
    def expires_at(self) -> int:
        """When the URL stops being good for starting."""

    @property
    def is_object(self) -> bool:
        """Whether it's one stored object, which a proxy could send as well."""

    async def open(self, storage: Storage, start: int, length: int) -> Audio:
        """The bytes, of which a part of this length will be read from there. Raises FileNotFoundError, and
        Problem(STORAGE_UNAVAILABLE)."""


@dataclass(frozen=True, slots=True)
class Playing:
    """A permission to play a track, or to download its file."""

    playback: SharedPlayback | OwnPlayback
    playable: Playable

    @property
    def expires_at(self) -> int:
        """When the URL stops being good for starting playback."""
        return self.playback.expires_at

    @property
    def is_object(self) -> bool:
        """It is."""
        return True

    async def open(self, storage: Storage, start: int, length: int) -> Audio:
        """The object. Raises FileNotFoundError, and Problem(STORAGE_UNAVAILABLE)."""
        return await storage.open_audio(self.playable.digest)


class TrackPlayer:
    """Grants permission to play, and withdraws it from streams that are running."""

    def __init__(self, urls: PlaybackUrls, reader: PlaybackReader) -> None:
        self._urls = urls
        self._reader = reader

    async def begin(self, signed: str, now_us: int) -> Playing | None:
        """Return permission to play what the URL names; None, whatever the reason, if there is none now."""
        now_seconds = now_us // SECOND_US
        playback = self._urls.read(signed, now_seconds)
        if playback is None or is_of_another_time(playback.expires_at, now_seconds):
            return None
        playable = await self._find(playback, now_us)
        return Playing(playback, playable) if playable else None

    async def begin_download(self, signed: str, now_us: int) -> SharedPlayback | None:
        """Return permission to fetch what a download URL names, if the link leads to it now."""
        now_seconds = now_us // SECOND_US
        download = self._urls.read_download(signed, now_seconds)
        if download is None or is_of_another_time(download.expires_at, now_seconds):
            return None
        return download if await self._find(download, now_us) else None

    async def find_content_type(self, share_id: int, track_id: int, version: int) -> str | None:
        """Return the media type of what a link plays as this track's version, None if it doesn't lead
        there."""
        found = await self._reader.find_shared(share_id, track_id, version)
        return None if found is None else found.content_type

    async def may_go_on(self, playing: Sendable, now_us: int) -> bool:
        """Whether a running stream is still permitted: until its session ends, not just its URL."""
        playback = playing.playback
        if isinstance(playback, SharedPlayback) and is_over(playback.ends_at, now_us // SECOND_US):
            return False
        return await self._find(playback, now_us) is not None

    async def _find(self, playback: SharedPlayback | OwnPlayback, now_us: int) -> Playable | None:
        if isinstance(playback, OwnPlayback):
            return await self._reader.find_own(
                playback.user_id, playback.track_id, playback.version
            )
        found = await self._reader.find_shared(
            playback.share_id, playback.track_id, playback.version
        )
        if found is None or found.life is None or not found.life.admits(playback, now_us):
            return None
        return found
