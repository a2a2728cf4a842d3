"""Upload a track: receive the bytes, measure them by decoding, stamp the licence, store both or nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, require_standing
from listenlink.actions.bound_making import require_few
from listenlink.actions.idempotency import Doing, always
from listenlink.actions.refuse_upload import require_quota
from listenlink.errors import invalid
from listenlink.media.disk.draft import Draft
from listenlink.media.measure import Measured, Probe
from listenlink.media.storage import Storage
from listenlink.model.licence import EngineRegistry
from listenlink.model.one_line import one_line
from listenlink.model.track import MODES, StoredAudio, Track
from listenlink.store import library, tracks
from listenlink.store.database.database import BUSY_AFTER_SECONDS, Database
from listenlink.store.made_things import Made

TITLE_LENGTH = 512
ENGINE_PATTERN = "[a-z0-9][a-z0-9_.-]{0,63}"
_ENGINE = re.compile(ENGINE_PATTERN)
# What a file's name ends with by its format. Anything else behind a point belongs to the title: "Mr. Smith".
_EXTENSION = re.compile(
    r"\.(wave?|bwf|rf64|flac|mp3|mp4|m4[abr]|mov|aac|adts|og[ga]|opus|web[ma]|mk[av]|3gp|mpga|aif[fc]?|alac)$",
    re.IGNORECASE,
)
_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}


@dataclass(frozen=True, slots=True)
class TrackFacts:
    """What the creator says about a track. `title` None means: from its tags, or the file's name;
    `artist` None means: from its tags."""

    title: str | None
    artist: str | None
    engine: str
    mode: str
    instrumental: bool


def read_facts(fields: dict[str, str]) -> TrackFacts:
    """Read the facts from a form's fields. Raises a 422 Problem that names the wrong field."""
    for name in fields:
        if name not in ("title", "artist", "engine", "mode", "instrumental"):
            raise invalid(name, f"There is no field {name[:64]!r}.")
    engine = fields.get("engine", "").strip()
    if not _ENGINE.fullmatch(engine):
        raise invalid("engine", "An engine key is needed, like 'studio'.")
    mode = fields.get("mode", MODES[0]).strip()
    if mode not in MODES:
        raise invalid("mode", f"The mode is one of: {', '.join(MODES)}.")
    instrumental = _TRUTH.get(fields.get("instrumental", "").strip().lower())
    if instrumental is None:
        raise invalid("instrumental", "Instrumental is true or false.")
    title, artist = _read_name(fields, "title"), _read_name(fields, "artist")
    return TrackFacts(title, artist, engine, mode, instrumental)


def _read_name(fields: dict[str, str], name: str) -> str | None:
    if name not in fields:
        return None
    text = clean_title(fields[name])
    if text == "":
        raise invalid(name, f"The {name} is empty.")
    if len(text) > TITLE_LENGTH:
        raise invalid(name, f"The {name} is longer than {TITLE_LENGTH} characters.")
    return text


def clean_title(text: str) -> str:
    """Return the title without control characters, what can't be seen, or surrounding spaces."""
    return one_line(text)


def title_of_file(file_name: str) -> str:
    """Return the title that a file's name gives, or an empty text: `"C:\\01. Intro.mp3"` → `"01. Intro"`."""
    name = clean_title(file_name.rpartition("/")[2].rpartition("\\")[2])
    return clean_title(_EXTENSION.sub("", name)) or (name if name.startswith(".") else "")


class TrackUploader:
    """Makes tracks from drafts. `stored` is called when there is new audio."""

    def __init__(
        self,
        database: Database,
        storage: Storage,
        probe: Probe,
        registry: EngineRegistry,
        stored: Callable[[], None],
    ) -> None:
        self._database = database
        self._storage = storage
        self._probe = probe
        self._registry = registry
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
        try:
            measured = await self._probe.measure(draft.descriptor, caller.user_id)
            if not isinstance(measured, Measured):
                raise invalid("file", measured.detail, reason=measured.reason)
            track = self._new_track(caller, measured, facts, file_name, now_us)
            audio = StoredAudio(draft.digest, draft.size_bytes, measured.content_type)
            draft.content_type = measured.content_type
            added = await asyncio.shield(
                self._storage.carry_out(self._publish, caller, draft, track, audio, doing)
            )
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
            organization_id=caller.organization_id,
            creator_id=caller.user_id,
            title=title[:TITLE_LENGTH],
            artist=facts.artist or measured.artist,
            engine=facts.engine,
            mode=facts.mode,
            instrumental=facts.instrumental,
            sample_count=measured.sample_count,
            sample_rate=measured.sample_rate,
            stamp=self._registry.stamp(facts.engine, now_us),
            created_at=now_us,
            is_shorter_than_declared=measured.is_shorter_than_declared,
        )

    def _publish(
        self,
        caller: Caller,
        draft: Draft,
        track: Track,
        audio: StoredAudio,
        doing: Doing[Track],
    ) -> Track:
        def add(connection: Connection) -> Track:
            owner = (track.organization_id, track.creator_id)
            require_few(connection, Made.TRACK, owner, track.created_at)
            audio_id = tracks.add_audio(connection, audio, track.created_at)
            added = tracks.add_track(connection, track, audio_id)
            library.add_edge(connection, *owner, added.id, None, added.created_at)
            # In this transaction: of two uploads for the last bytes one gets them.
            require_quota(connection, owner[0], audio.size_bytes, track.created_at)
            return added

        def keep(connection: Connection) -> Track:
            require_standing(connection, caller)
            return doing(connection, add)

        def commit() -> Track:
            return self._database.write_now(keep, within_seconds=BUSY_AFTER_SECONDS)

        return self._storage.publish([draft], commit, self._is_kept)

    def _is_kept(self, digest: bytes) -> bool:
        return self._database.read_now(
            lambda connection: tracks.is_object_kept(connection, digest),
            within_seconds=BUSY_AFTER_SECONDS,
        )
