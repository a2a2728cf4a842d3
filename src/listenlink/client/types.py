"""What the API returns, typed. Times are in UTC, lengths in seconds; fields are those of docs/api.md."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import fields


class WithSecrets(Struct, frozen=True):
    """Printed, logged or in a traceback, it doesn't tell its fields that `_SECRET` names: whoever has a
    token, a session or a playback URL can use it."""

    def __repr__(self) -> str:
        told = ", ".join(
            f"{field.name}={_shown(field.name, getattr(self, field.name))}"
            for field in fields(self)
        )
        return f"{type(self).__name__}({told})"


_SECRET = frozenset({"token", "url", "session", "playback_url", "stem_urls"})


def _shown(name: str, value: object) -> str:
    return "'…'" if name in _SECRET and value else repr(value)


class Usage(Struct, frozen=True):
    """What an organisation stores, and may store; a quota is None where there is none."""

    stored_bytes: int
    tracks: int
    begun_bytes: int
    quota_bytes: int | None = None
    quota_tracks: int | None = None


class Caller(Struct, frozen=True):
    """The user and organisation that a key speaks for. `usage` is None from an older server."""

    organization_id: str
    user_id: str
    scopes: list[str]
    usage: Usage | None = None


class Track(WithSecrets, frozen=True):
    """A track in your library. `playback_url` is None in lists; where it's set, it expires after
    a few minutes. `is_shorter_than_declared`: the file's headers promise more than there is."""

    id: str
    title: str
    engine: str
    mode: str
    measured_duration_seconds: float
    instrumental: bool
    licence_class: str
    created_at: datetime
    playback_url: str | None = None
    stem_urls: list[str] | None = None
    artist: str | None = None
    is_shorter_than_declared: bool = False


class SavedTrack(Struct, frozen=True):
    """A track's entry in the library. `share_link_id` is the link it came from."""

    id: str
    track_id: str
    source: str
    created_at: datetime
    share_link_id: str | None = None


class Collection(Struct, frozen=True):
    """An ordered, named set of tracks. `track_count` is None in lists."""

    id: str
    name: str
    description: str | None
    cover_track_id: str | None
    cover_image_url: str | None
    track_count: int | None
    created_at: datetime
    updated_at: datetime


class Member(Struct, frozen=True):
    """A track in a collection, and its position, counted from 0."""

    track_id: str
    position: int
    added_at: datetime


class NewLink(WithSecrets, frozen=True):
    """A new link with its token, which is returned only once."""

    id: str
    token: str
    url: str
    target_type: str
    visibility: str
    expires_at: datetime | None
    created_at: datetime
    max_opens: int | None
    label: str | None
    starts_at: datetime | None
    allow_download: bool = False
    preview: bool = True
    strict_open: bool = False


class Link(Struct, frozen=True):
    """A link as its owner sees it later. `state` is active, scheduled, revoked, expired or spent."""

    id: str
    target_type: str
    target_id: str
    target_title: str
    visibility: str
    label: str | None
    state: str
    opens: int
    max_opens: int | None
    last_opened_at: datetime | None
    starts_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime
    allow_download: bool = False
    preview: bool = True
    strict_open: bool = False


class OpenLine(Struct, frozen=True):
    """One request for a link, as recorded in the audit."""

    at: datetime
    outcome: str
    reason: str | None
    trace_id: str
    client: str
    client_prefix: str
    agent: str
    referrer: str | None


class Day(Struct, frozen=True):
    """A link's statistics for one UTC day."""

    date: date
    opens: int
    listens: int
    listeners: int
    bot_requests: int


class Stats(Struct, frozen=True):
    """A link's statistics; `days` are those on which something happened."""

    id: str
    opens: int
    listens: int
    last_opened_at: datetime | None
    days: list[Day]


class Engine(Struct, frozen=True):
    """An engine whose licence is known, with the licence that a track made now would show."""

    engine_key: str
    display_name: str
    licence_class: str
    licence_version: str
    commercial_use: bool
    requires_attribution: bool


class Licence(Struct, frozen=True):
    """What may be done with a shared track."""

    licence_class: str
    licence_version: str
    commercial_use: bool
    requires_attribution: bool


class SharedTrack(WithSecrets, frozen=True):
    """A track as a listener sees it."""

    id: str
    title: str
    engine: str
    mode: str
    measured_duration_seconds: float
    instrumental: bool
    playback_url: str
    licence: Licence


class SharedCollection(Struct, frozen=True):
    """A collection as a listener sees it."""

    id: str
    name: str
    description: str | None


class ShareFacts(Struct, frozen=True):
    """A link's own public facts."""

    target_type: str
    visibility: str
    expires_at: datetime | None


class ShareView(WithSecrets, frozen=True):
    """An opened link. `session` opens it again without counting; it's None for removed content."""

    kind: str
    available: bool
    message: str | None
    share: ShareFacts
    track: SharedTrack | None
    collection: SharedCollection | None
    tracks: list[SharedTrack] | None
    session: str | None = None
