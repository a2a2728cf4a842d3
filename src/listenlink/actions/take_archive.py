"""Take a collection along: the files of its tracks as they're downloaded one by one, as one ZIP. By a link if
its creator allows that, and for the creator themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import lru_cache, partial

from msgspec.structs import replace
from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller
from listenlink.actions.download_track import ending_of
from listenlink.actions.manage_collections import get_own
from listenlink.actions.open_link import LinkOpener, Opening, OpenRequest
from listenlink.actions.sum_files import FileSummer
from listenlink.actions.waiting_line import WaitingLine
from listenlink.clock import SECOND_US
from listenlink.errors import Problem, ProblemKind
from listenlink.media.archive import ArchiveAudio
from listenlink.media.archive_url import ArchiveUrls, OwnArchive, SharedArchive
from listenlink.media.composed import open_composed
from listenlink.media.signed_url import OwnPlayback, SharedPlayback
from listenlink.media.storage import Audio, Storage
from listenlink.media.turns import Turns
from listenlink.model.archive import ArchivedFile, ArchiveLayout
from listenlink.model.archive_names import name_in_archive, name_of_archive
from listenlink.model.audit import Outcome
from listenlink.model.listen_session import is_of_another_time
from listenlink.model.places import Places
from listenlink.model.recipe import Embedded
from listenlink.store import archives, embedded
from listenlink.store.archives import TakenCollection, TakenFile
from listenlink.store.checksums import Unsummed
from listenlink.store.database.database import Database
from listenlink.store.opening.playback import Playable
from listenlink.threads import WORK

FindEmbedded = Callable[[TakenFile], Awaitable[Embedded | None]]
# No link has this number: what is asked for without a session is looked up all the same.
_NONE = 0
_CONTENT_TYPE = "application/zip"
_KEPT_LAYOUTS = 8
# A download manager asks for some parts at once.
_MOST_ASKING, _MOST_OF_A_CLIENT = 256, 16
_NOT_YET = "The archive is being prepared. Please try again in a moment."
_DAMAGED = "A file of the archive is damaged or lost. The others can be downloaded one by one."


class ArchivePlaying:
    """A permission to take an archive along, for the door that sends audio. What it permits, and so what ends
    it, is the track whose file is being sent; `file_name` is what the archive is to be saved as."""

    is_object = False  # It's in no place as a whole.

    def __init__(
        self,
        leave: SharedArchive | OwnArchive,
        found: TakenCollection,
        layout: ArchiveLayout,
        find_embedded: FindEmbedded,
    ) -> None:
        self._leave = leave
        self._files = found.files
        self._layout = layout
        self._find_embedded = find_embedded
        self._embedded = {file.embedded_digest: file for file in found.files}
        self._audio: ArchiveAudio | None = None
        self.expires_at = leave.expires_at
        self.playable = Playable(layout.mark, layout.size_bytes, _CONTENT_TYPE)
        self.file_name = name_of_archive(found.name)

    @property
    def playback(self) -> SharedPlayback | OwnPlayback:
        """Permission for the track whose file was read last."""
        leave = self._leave
        file = self._files[self._audio.number if self._audio else 0]
        if isinstance(leave, OwnArchive):
            return OwnPlayback(leave.user_id, file.track_id, leave.expires_at, file.version)
        return SharedPlayback(
            leave.share_id, leave.rotation, leave.open_trace, leave.expires_at, leave.ends_at,
            file.track_id, file.version,
        )  # fmt: skip

    async def open(self, storage: Storage, start: int, length: int) -> ArchiveAudio:
        """The archive, with the first file open that this part of it needs. Raises Problem(PLAYBACK_REFUSED)
        if that is lost, and Problem(STORAGE_UNAVAILABLE)."""
        self._audio = ArchiveAudio(self._layout, partial(self._open_file, storage))
        try:
            await self._audio.open_at(start, length)
        except FileNotFoundError:
            raise Problem(ProblemKind.PLAYBACK_REFUSED) from None
        return self._audio

    async def _open_file(self, storage: Storage, digest: bytes) -> Audio:
        file = self._embedded.get(digest)
        if file is None:
            return await storage.open_audio(digest)
        found = await self._find_embedded(file)
        if found is None or found.digest != digest:
            raise FileNotFoundError  # Another has taken its place: it's another archive by now.
        return await open_composed(storage, file.digest, found.recipe)


class ArchiveTaker:
    """Writes archive URLs, valid for `ttl_seconds` like those of playback, and grants what they ask for, once
    `summer` has made what checksums are missing."""

    def __init__(
        self, database: Database, urls: ArchiveUrls, summer: FileSummer, ttl_seconds: int
    ) -> None:
        self._database = database
        self._urls = urls
        self.summer = summer
        self._places = Places(_MOST_ASKING, _MOST_OF_A_CLIENT)
        self._turns, self._line = Turns(1, 0), WaitingLine()
        self._ttl_seconds = ttl_seconds

    async def open(self, opener: LinkOpener, asked: OpenRequest) -> tuple[Opening, str | None]:
        """How a look at the link ends that asks for all of its files; and the archive's URL, if it's a
        download: then that is in the audit, and counted for each of the tracks. Raises Problem(UNAVAILABLE)
        as the opener does."""
        found = None
        if not opener.is_spent(asked):
            # Whatever the request is worth: what is refused takes as long as what isn't.
            share_id = asked.session.share_id if asked.session else _NONE
            found = await self._database.read(
                lambda c: archives.find_shared(c, share_id, lambda _: True)
            )
        files = found.files if found else ()
        taken = tuple((file.track_id, file.version) for file in files)
        opening = await opener.open(replace(asked, downloads=taken))
        session = opening.session
        if opening.outcome is not Outcome.DOWNLOADED or session is None or not files:
            return opening, None
        self.summer.hurry(_unsummed(files))
        ends_at = min(asked.now_us // SECOND_US + self._ttl_seconds, session.ends_at)
        return opening, self._urls.write_shared(session, ends_at)

    async def offer_own(self, caller: Caller, collection_id: int, now_us: int) -> str:
        """A URL of the archive of a collection of the caller's. Raises Problem(NOT_FOUND), also for one
        without any track."""
        user_id = caller.owner.user_id

        def find(connection: Connection) -> TakenCollection | None:
            get_own(connection, caller, collection_id)
            return archives.find_own(connection, user_id, collection_id)

        found = await self._database.read(find)
        if found is None or not found.files:
            raise Problem(ProblemKind.NOT_FOUND)
        self.summer.hurry(_unsummed(found.files))
        ends_at = now_us // SECOND_US + self._ttl_seconds
        return self._urls.write_own(OwnArchive(user_id, collection_id, ends_at))

    async def begin(self, signed: str, client: int, now_us: int) -> ArchivePlaying | None:
        """Permission to fetch what the URL names; None, whatever the reason, if there is none now. `client`
        is the number of who asks (`model/client_address.py`): all files are looked up, so clients go round.

        Raises Problem(STORAGE_UNAVAILABLE) while checksums are missing, Problem(LIMITED) if too many of the
        client's wait, and Problem(UNAVAILABLE) if too many of all do."""
        with self._places.take(client):
            return await self._begin(signed, client, now_us)

    async def _begin(self, signed: str, client: int, now_us: int) -> ArchivePlaying | None:
        now_seconds = now_us // SECOND_US
        leave = self._urls.read(signed, now_seconds)
        if leave is None or is_of_another_time(leave.expires_at, now_seconds):
            return None
        found = await self._find(leave, client, now_us)
        if found and (missing := _unsummed(found.files)):
            await self.summer.wait_for(missing)
            found = await self._find(leave, client, now_us)
            if found and (left := _unsummed(found.files)):
                is_hopeless = any(map(self.summer.is_hopeless, left))
                told = _DAMAGED if is_hopeless else _NOT_YET
                raise Problem(ProblemKind.STORAGE_UNAVAILABLE, told)
        if found is None or not found.files:
            return None
        layout = await WORK.run(_lay_out, found.files)
        return ArchivePlaying(leave, found, layout, self._find_embedded)

    async def _find_embedded(self, file: TakenFile) -> Embedded | None:
        return await self._database.read(
            lambda c: embedded.find_embedded(c, file.track_id, file.version)
        )

    async def _find(
        self, leave: SharedArchive | OwnArchive, client: int, now_us: int
    ) -> TakenCollection | None:
        async with self._line.take(self._turns.take(client)):
            if isinstance(leave, OwnArchive):
                own = partial(
                    archives.find_own, user_id=leave.user_id, collection_id=leave.collection_id
                )
                return await self._database.read(own)
            return await self._database.read(
                lambda c: archives.find_shared(
                    c, leave.share_id, lambda life: life.admits(leave, now_us)
                )
            )


def _unsummed(files: tuple[TakenFile, ...]) -> list[Unsummed]:
    return [Unsummed(file.audio_id, file.digest) for file in files if file.taken[2] is None]


@lru_cache(maxsize=_KEPT_LAYOUTS)
def _lay_out(files: tuple[TakenFile, ...]) -> ArchiveLayout:
    """The layout of these files' archive. A download that goes on in many ranges asks for the same one again
    and again; that it's kept by all that it's made of, nothing needs to be told of changes."""
    laid = []
    for place, file in enumerate(files, 1):
        digest, size_bytes, crc32 = file.taken
        assert crc32 is not None  # noqa: S101 (`begin` asks; a wrong one would be worse than none)
        name = name_in_archive(place, len(files), file.title, ending_of(file.content_type))
        laid.append(ArchivedFile(name, digest, size_bytes, crc32, file.created_at))
    return ArchiveLayout(laid)
