"""Download a track: its file as its creator put it in, under its title, if the link's creator allows it."""

from __future__ import annotations

from typing import NamedTuple

from listenlink.actions.play_track import Playing, TrackPlayer
from listenlink.clock import SECOND_US
from listenlink.media.signed_url import PlaybackUrls
from listenlink.media.storage import MediaUrls
from listenlink.model.listen_session import ListenSession
from listenlink.store import pages
from listenlink.store.database.database import Database
from listenlink.store.opening.playback import Playable
from listenlink.store.pages import Download

_ENDINGS = {
    "audio/wav": ".wav", "audio/flac": ".flac", "audio/mpeg": ".mp3", "audio/mp4": ".m4a",
    "audio/ogg": ".ogg", "audio/aiff": ".aiff",
}  # fmt: skip
_NAME_LENGTH = 120
_UNFIT = frozenset('/\\:*?"<>|')


class Downloading(NamedTuple):
    """A permission to download a file, and the name under which it's to be saved."""

    playing: Playing
    file_name: str


class TrackDownloader:
    """Writes download URLs, valid for `ttl_seconds` like those of playback, and grants what they ask for."""

    def __init__(
        self,
        database: Database,
        player: TrackPlayer,
        urls: PlaybackUrls,
        media_urls: MediaUrls | None,
        ttl_seconds: int,
    ) -> None:
        self._database = database
        self._player = player
        self._urls = urls
        self._media_urls = media_urls
        self._ttl_seconds = ttl_seconds

    async def offer(self, session: ListenSession, track_id: int, now_us: int) -> str | None:
        """A URL of the track's file, the storage's own where that can name a file; None if the session's link
        doesn't lead to the track, or offers none."""
        found = await self._find(session.share_id, track_id)
        if found is None:
            return None
        now_seconds = now_us // SECOND_US
        ends_at = min(now_seconds + self._ttl_seconds, session.ends_at)
        if self._media_urls is not None:
            name = file_name(found.title, found.content_type)
            url = self._media_urls.download_url(found.digest, name, now_seconds, ends_at)
            if url:
                return url
        return self._urls.write_downloads(session, ends_at, [track_id])[0]

    async def begin(self, signed: str, now_us: int) -> Downloading | None:
        """Permission to fetch what the URL names; None, whatever the reason, if there is none now."""
        leave = await self._player.begin_download(signed, now_us)
        if leave is None:
            return None
        found = await self._find(leave.share_id, leave.track_id)
        if found is None:
            return None
        file = (found.digest, found.size_bytes, found.content_type)
        return Downloading(
            Playing(leave, Playable(*file)), file_name(found.title, found.content_type)
        )

    async def _find(self, share_id: int, track_id: int) -> Download | None:
        return await self._database.read(
            lambda connection: pages.find_download(connection, share_id, track_id)
        )


def file_name(title: str, content_type: str) -> str:
    """A title as a file name: nothing in it leads elsewhere or is impossible on some system."""
    plain = "".join("_" if c in _UNFIT or not c.isprintable() else c for c in title)
    return (plain[:_NAME_LENGTH].strip(" .") or "track") + _ENDINGS.get(content_type, "")
