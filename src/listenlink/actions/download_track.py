"""Download a track: its file as its creator put it in, or with this server's manifest in it, under its title:
by a link if its creator allows that, and for the creator themselves."""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace
from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller
from listenlink.actions.manage_library import get_made
from listenlink.actions.open_link import LinkOpener, Opening, OpenRequest
from listenlink.actions.play_track import Playing, TrackPlayer
from listenlink.clock import SECOND_US
from listenlink.errors import Problem, ProblemKind
from listenlink.media.composed import ComposedAudio, open_composed
from listenlink.media.signed_url import OwnPlayback, PlaybackUrls, SharedPlayback
from listenlink.media.storage import MediaUrls, Storage
from listenlink.model.audit import Outcome
from listenlink.model.listen_session import ListenSession, is_of_another_time
from listenlink.model.recipe import Embedded
from listenlink.model.versions import FIRST
from listenlink.store import pages
from listenlink.store.database.database import Database
from listenlink.store.opening.playback import Playable
from listenlink.store.pages import Download

# No link and no track have this number: what is asked for without one is looked up all the same.
_NONE = 0
_ENDINGS = {
    "audio/wav": ".wav", "audio/flac": ".flac", "audio/mpeg": ".mp3", "audio/mp4": ".m4a",
    "audio/ogg": ".ogg", "audio/aiff": ".aiff",
}  # fmt: skip
_NAME_LENGTH = 120
_UNFIT = frozenset('/\\:*?"<>|')


class EmbeddedPlaying:
    """A permission to download a file with a manifest in it, which is in no place as a whole."""

    is_object = False

    def __init__(
        self, leave: SharedPlayback | OwnPlayback, found: Download, embedded: Embedded
    ) -> None:
        self.playback = leave
        self.expires_at = leave.expires_at
        self.playable = Playable(embedded.digest, embedded.size_bytes, found.content_type)
        self._digest = found.digest
        self._recipe = embedded.recipe

    async def open(self, storage: Storage, start: int, length: int) -> ComposedAudio:
        """The file. Raises FileNotFoundError, and Problem(STORAGE_UNAVAILABLE)."""
        return await open_composed(storage, self._digest, self._recipe)


class Downloading(NamedTuple):
    """A permission to download a file, and the name under which it's to be saved."""

    playing: Playing | EmbeddedPlaying
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

    async def open(
        self,
        opener: LinkOpener,
        asked: OpenRequest,
        track_id: int | None,
        *,
        from_here: bool = False,
    ) -> tuple[Opening, str | None]:
        """How a look at the link ends that asks for a track's file; and the file's URL, if it's a download:
        then that is counted, and in the audit. With `from_here` it's none of the storage's own, which goes on
        after a revocation. Raises Problem(UNAVAILABLE) as the opener does."""
        offered = None
        if not opener.is_spent(asked):
            # Whatever the request is worth: what is refused takes as long as what isn't.
            share_id = asked.session.share_id if asked.session else _NONE
            offered = await self._find(share_id, track_id or _NONE)
        download = track_id if offered and track_id else _NONE
        version = offered.version if offered else FIRST
        downloads = ((download, version),) if download else ()
        opening = await opener.open(replace(asked, downloads=downloads))
        session = opening.session
        if opening.outcome is not Outcome.DOWNLOADED or offered is None or session is None:
            return opening, None
        media_urls = None if from_here else self._media_urls
        return opening, self._write(session, download, offered, media_urls, asked.now_us)

    def _write(
        self,
        session: ListenSession,
        track_id: int,
        found: Download,
        media_urls: MediaUrls | None,
        now_us: int,
    ) -> str:
        """A URL of the track's file, the storage's own where that has this file and can name it."""
        now_seconds = now_us // SECOND_US
        ends_at = min(now_seconds + self._ttl_seconds, session.ends_at)
        if url := _storage_url(media_urls, found, now_seconds, ends_at):
            return url
        return self._urls.write_downloads(session, ends_at, [track_id], [found.version])[0]

    async def begin(self, signed: str, now_us: int) -> Downloading | None:
        """Permission to fetch what the URL names; None, whatever the reason, if there is none now."""
        now_seconds = now_us // SECOND_US
        if (own := self._urls.read_own_download(signed, now_seconds)) is not None:
            return await self._begin_own(own, now_seconds)
        leave = await self._player.begin_download(signed, now_us)
        if leave is None:
            return None
        found = await self._find(leave.share_id, leave.track_id, leave.version)
        if found is None:
            return None
        return _downloading(leave, found)

    async def _begin_own(self, own: OwnPlayback, now_seconds: int) -> Downloading | None:
        if is_of_another_time(own.expires_at, now_seconds):
            return None
        found = await self._database.read(
            lambda connection: pages.find_own_download(
                connection, own.user_id, own.track_id, own.version
            )
        )
        return None if found is None else _downloading(own, found)

    async def _find(
        self, share_id: int, track_id: int, version: int | None = None
    ) -> Download | None:
        return await self._database.read(
            lambda connection: pages.find_download(connection, share_id, track_id, version)
        )


async def offer_original(
    database: Database,
    urls: PlaybackUrls,
    media_urls: MediaUrls | None,
    caller: Caller,
    track_id: int,
    ttl_seconds: int,
    now_us: int,
) -> str:
    """A URL of the file of a track that the caller made, the storage's own where that has this file and can
    name it. Raises Problem(NOT_FOUND), and Problem(INSUFFICIENT_PERMISSIONS) for a user who only saved it."""
    user_id = caller.owner.user_id

    def find(connection: Connection) -> Download | None:
        get_made(connection, caller, track_id)
        return pages.find_own_download(connection, user_id, track_id)

    found = await database.read(find)
    if found is None:
        raise Problem(ProblemKind.NOT_FOUND)
    now_seconds = now_us // SECOND_US
    ends_at = now_seconds + ttl_seconds
    if url := _storage_url(media_urls, found, now_seconds, ends_at):
        return url
    return urls.write_own_download(OwnPlayback(user_id, track_id, ends_at, found.version))


def _storage_url(
    media_urls: MediaUrls | None, found: Download, now_seconds: int, ends_at: int
) -> str | None:
    """A URL of the storage's own; None where it can't name a file, and for one with a manifest in it, which
    is composed here."""
    if media_urls is None or found.embedded is not None:
        return None
    name = file_name(found.title, found.content_type)
    return media_urls.download_url(found.digest, name, now_seconds, ends_at)


def _downloading(leave: SharedPlayback | OwnPlayback, found: Download) -> Downloading:
    name = file_name(found.title, found.content_type)
    if found.embedded is not None:
        return Downloading(EmbeddedPlaying(leave, found, found.embedded), name)
    playable = Playable(found.digest, found.size_bytes, found.content_type)
    return Downloading(Playing(leave, playable), name)


def format_of(content_type: str) -> str:
    """What a file's format is called: `audio/mpeg` → `MP3`."""
    return _ENDINGS.get(content_type, "." + content_type.partition("/")[2])[1:].upper()


def ending_of(content_type: str) -> str:
    """What a file's name ends in: `audio/mpeg` → `.mp3`; empty for a type that isn't known."""
    return _ENDINGS.get(content_type, "")


def file_name(title: str, content_type: str) -> str:
    """A title as a file name: nothing in it leads elsewhere or is impossible on some system."""
    plain = "".join("_" if c in _UNFIT or not c.isprintable() else c for c in title)
    return (plain[:_NAME_LENGTH].strip(" .") or "track") + ending_of(content_type)
