"""What a listener sees of an opened link, with fields in the contract's order; what an embed tells."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from listenlink.wire.answers import WithSecrets


class Licence(Struct, frozen=True):
    """Licence facts, never overstated."""

    licence_class: str
    licence_version: str
    commercial_use: bool
    requires_attribution: bool


class AiClaim(Struct, frozen=True):
    """Who says how much of a recording a machine made: `server` by what its operator says of the engine,
    which `name` is; `creator`; or `file`, in the name of `name`. `signed`: a manifest of this server says as
    much; what a file says is never that."""

    mark: str
    by: str
    name: str | None
    signed: bool


class Ai(Struct, frozen=True):
    """How much of a recording a machine made, by the most that is said of it: `assisted` or `generated`.
    `claims` are who says it, each in their own name; of a collection there are none. `signed`: a manifest of
    this server says as much."""

    mark: str
    signed: bool
    claims: list[AiClaim]


class SharedTrack(WithSecrets, frozen=True):
    """One track as a listener sees it. `measured_duration_seconds` comes from decoding."""

    id: str
    title: str
    engine: str
    mode: str
    measured_duration_seconds: float
    instrumental: bool
    playback_url: str
    licence: Licence


class SharedCollection(Struct, frozen=True):
    """The collection that a link points to."""

    id: str
    name: str
    description: str | None


class ShareFacts(Struct, frozen=True):
    """Public facts about the link. `expires_at` is ISO 8601, or null for never."""

    target_type: str
    visibility: str
    expires_at: datetime | None


class ShareView(WithSecrets, frozen=True):
    """The whole answer: always these seven keys in this order."""

    kind: str
    available: bool
    message: str | None
    share: ShareFacts
    track: SharedTrack | None
    collection: SharedCollection | None
    tracks: list[SharedTrack] | None


class Download(WithSecrets, frozen=True):
    """Where the file can be fetched from, for as long as a playback URL lasts."""

    download_url: str


class OEmbed(Struct, frozen=True, omit_defaults=True):
    """A rich embed. `licence` is our addition, the same as everywhere; so is `duration`, in seconds.
    `licence_declared` says that it's the creator's word, `licence_url` where Creative Commons has it. `ai` is
    how much of the whole a machine made, left out if nothing is said."""

    version: str
    type: str
    provider_name: str
    provider_url: str
    title: str
    html: str
    width: int
    height: int
    cache_age: int
    author_name: str | None = None
    thumbnail_url: str | None = None
    thumbnail_width: int | None = None
    thumbnail_height: int | None = None
    duration: float | None = None
    licence: Licence | None = None
    licence_declared: bool = False
    licence_url: str | None = None
    ai: Ai | None = None
