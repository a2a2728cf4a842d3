"""A track as its creator sees it, its place in a library, what was made of its audio; uploads; engines."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from listenlink.wire.answers import WithSecrets
from listenlink.wire.shared import Ai, Licence


class Track(WithSecrets, frozen=True):
    """A track as its creator sees it. `playback_url` is fresh; stems aren't made here. `artist` and
    those behind it are our additions. `is_shorter_than_declared` says that the file's own headers promise
    more than it holds, so perhaps a part is missing; `declared_licence` are the terms that its creator
    declared last, `attribution_text` the credit line with them, null for whoever saved it. `version` is the
    number of the version that this tells of, the current one or, of a track that was saved by a link that is
    pinned, that link's; `versions` is how many there are. `ai` is how much of it a machine made, null if
    nothing is said; `manifest_url` is where what this server signed of that can be fetched."""

    id: str
    title: str
    engine: str
    mode: str
    measured_duration_seconds: float
    instrumental: bool
    licence_class: str
    created_at: datetime
    playback_url: str | None = None  # None in lists.
    stem_urls: list[str] | None = None
    artist: str | None = None
    is_shorter_than_declared: bool = False
    declared_licence: str | None = None
    attribution_text: str | None = None
    version: int = 1
    versions: int = 1
    ai: Ai | None = None
    manifest_url: str | None = None  # None in lists.


class Version(Struct, frozen=True):
    """One version of a track. Its `licence` is what it tells by itself, to a link that is made while it's the
    current one. Of one that was removed for good all this stays, and nothing to hear.
    `length_change_seconds` is how much longer it is than the current one, less than nothing for a shorter."""

    version: int
    current: bool
    engine: str
    measured_duration_seconds: float
    length_change_seconds: float
    is_shorter_than_declared: bool
    created_at: datetime
    removed: bool
    size_bytes: int | None
    content_type: str | None
    licence: Licence


class Versions(Struct, frozen=True):
    """All versions of a track, the newest first."""

    items: list[Version]


class TrackOfAudio(Struct, frozen=True):
    """The caller's first track with the bytes that were asked for."""

    track_id: str


class KeptTrack(Struct, frozen=True):
    """A track's place in the library."""

    id: str
    track_id: str
    source: str
    created_at: datetime
    saved: bool


class SavedTrack(Struct, frozen=True, kw_only=True):
    """A shared track's place in the library."""

    id: str
    track_id: str
    source: str
    share_link_id: str | None = None  # The link it came from; a KeptTrack, read as this, has none.
    created_at: datetime


class Upload(Struct, frozen=True):
    """How far an upload has got. `track` is what was made of it, once all its bytes had arrived."""

    id: str
    size_bytes: int
    offset_bytes: int
    expires_at: datetime
    track: Track | None


class Sound(Struct, frozen=True):
    """`peaks` are 600 levels from 0 to 255, which is full scale; `loudness_lufs` is the integrated
    loudness by EBU R128, null for silence. Until `is_made` is true, nothing is known yet."""

    track_id: str
    is_made: bool
    peaks: list[int] | None
    loudness_lufs: float | None
    has_cover: bool
    has_rendition: bool


class Declaration(Struct, frozen=True):
    """Terms that were declared, with the credit line that came with them; by whom, their e-mail."""

    declared_licence: str
    attribution_text: str | None
    declared_by: str
    declared_at: datetime


class DefaultLicence(Struct, frozen=True):
    """What holds for what an organisation's people record; null while nothing was declared, which is to be
    listened to only."""

    default: Declaration | None


class Engine(Struct, frozen=True):
    """One engine, and the licence that a listener sees for a track it makes now. `ai` is how much of that a
    machine makes: `none`, `assisted` or `generated`; null if its operator doesn't say."""

    engine_key: str
    display_name: str
    licence_class: str
    licence_version: str
    commercial_use: bool
    requires_attribution: bool
    ai: str | None = None
