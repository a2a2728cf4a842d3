"""Upload a track: receive the bytes, measure them by decoding, stamp the licence, store both or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, require_standing
from listenlink.actions.bound_making import require_few
from listenlink.actions.declare_licence import declare_first, record_first
from listenlink.actions.idempotency import Doing, always
from listenlink.actions.mark_track import mark_first
from listenlink.actions.refuse_upload import require_quota
from listenlink.actions.telling.note_tracks import note_ready_already
from listenlink.clock import Clock
from listenlink.errors import invalid
from listenlink.media.disk.draft import Draft
from listenlink.media.measure import Measured, Probe
from listenlink.media.storage import Storage
from listenlink.model.licence import EngineRegistry
from listenlink.model.track import StoredAudio, Track
from listenlink.model.track_facts import TrackFacts, title_of_file
from listenlink.store import library, tracks
from listenlink.store.database.database import BUSY_AFTER_SECONDS, Database
from listenlink.store.made_things import Made
from listenlink.wire.bodies import TITLE_LENGTH

# What is made, in a transaction, of audio that was measured and is about to be stored.
Making = Callable[[Connection, Measured, StoredAudio], Track]


class TrackUploader:
    """Makes tracks from drafts. `stored` is called when there is new audio."""

    def __init__(
        self,
        database: Database,
        storage: Storage,
        probe: Probe,
        registry: EngineRegistry,
        clock: Clock,
        stored: Callable[[], None],
    ) -> None:
        self._database = database
        self._storage = storage
        self._probe = probe
        self.registry = registry
        self.clock = clock
        self._stored = stored
        self.uploads = self.upload_bytes = 0

    async def upload(
        self,
        caller: Caller,
        draft: Draft,
        facts: TrackFacts,
        file_name: str,
        now_us: int,
        doing: Doing[Track] = always,
    ) -> Track:
        """Make the track and return it. The draft is gone afterwards, however this ends.

        Raises a 422 Problem if it isn't audio that can be measured, and Problem: STORAGE_UNAVAILABLE,
        STORAGE_FULL, QUOTA_EXCEEDED.
        """

        def make(connection: Connection, measured: Measured, audio: StoredAudio) -> Track:
            track = self._new_track(caller, measured, facts, file_name, now_us)
            require_few(connection, Made.TRACK, caller.owner, now_us)
            audio_id = tracks.add_audio(connection, audio, now_us)
            declared, told = declare_first(connection, caller, track, facts.declaring)
            added = tracks.add_track(connection, declared, audio_id)
            record_first(connection, caller, added, told)
            added = mark_first(connection, self.registry, added, audio_id, facts.ai)
            note_ready_already(connection, added.id, now_us)
            library.add_edge(connection, *caller.owner, added.id, None, now_us)
            # In this transaction: of two uploads for the last bytes one gets them.
            require_quota(connection, track.organization_id, audio.size_bytes, now_us)
            return added

        return await self.take_in(caller, draft, make, doing)

    async def take_in(
        self, caller: Caller, draft: Draft, make: Making, doing: Doing[Track] = always
    ) -> Track:
        """Measure the draft's audio, store it, and return what `make` makes of it in the same transaction.
        The draft is gone afterwards, however this ends. Raises what `upload` and `make` raise."""
        try:
            measured = await self._probe.measure(draft.descriptor, caller.owner.user_id)
            if not isinstance(measured, Measured):
                raise invalid("file", measured.detail, reason=measured.reason)
            audio = StoredAudio(draft.digest, draft.size_bytes, measured.content_type, draft.crc32)
            draft.content_type = measured.content_type

            def keep(connection: Connection) -> Track:
                require_standing(connection, caller)
                return doing(connection, lambda c: make(c, measured, audio))

            added = await asyncio.shield(self._storage.carry_out(self._publish, draft, keep))
            self.uploads += 1
            self.upload_bytes += audio.size_bytes
            self._stored()
            return added
        finally:
            draft.discard()

    def _new_track(
        self, caller: Caller, measured: Measured, facts: TrackFacts, file_name: str, now_us: int
    ) -> Track:
        title = facts.title or measured.title or title_of_file(file_name) or "Untitled"
        return Track(
            id=0,
            organization_id=caller.owner.organization_id,
            creator_id=caller.owner.user_id,
            title=title[:TITLE_LENGTH],
            artist=facts.artist or measured.artist,
            engine=facts.engine,
            mode=facts.mode,
            instrumental=facts.instrumental,
            sample_count=measured.sample_count,
            sample_rate=measured.sample_rate,
            stamp=self.registry.stamp(facts.engine, now_us),
            created_at=now_us,
            is_shorter_than_declared=measured.is_shorter_than_declared,
        )

    def _publish(self, draft: Draft, keep: Callable[[Connection], Track]) -> Track:
        def commit() -> Track:
            return self._database.write_now(keep, within_seconds=BUSY_AFTER_SECONDS)

        return self._storage.publish([draft], commit, self._is_kept)

    def _is_kept(self, digest: bytes) -> bool:
        return self._database.read_now(
            lambda connection: tracks.is_object_kept(connection, digest),
            within_seconds=BUSY_AFTER_SECONDS,
        )
