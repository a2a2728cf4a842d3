"""A track and the stored audio behind it."""

from __future__ import annotations

from dataclasses import dataclass

from listenlink.model.declared import Declarations
from listenlink.model.licence import EngineRegistry, Licence
from listenlink.wire.bodies import MODES as MODES


@dataclass(frozen=True, slots=True)
class Track:
    """A piece of music that somebody uploaded. Its length is exact: decoded samples over their rate.
    `object_digest` is of the bytes that are played, None where they weren't asked for.
    `is_shorter_than_declared`: the file's own headers promise more than there is. `declarations` is what its
    creator declared of it; for whoever saved it by a link, `link_made_at` is when that was made."""

    id: int
    organization_id: int
    creator_id: int
    title: str
    artist: str | None
    engine: str
    mode: str
    instrumental: bool
    sample_count: int
    sample_rate: int
    stamp: Licence
    created_at: int
    object_digest: bytes | None = None
    is_shorter_than_declared: bool = False
    declarations: Declarations | None = None
    link_made_at: int | None = None

    @property
    def measured_duration_seconds(self) -> float:
        """Seconds, to the millisecond; the stored sample count is exact."""
        return round(self.sample_count / self.sample_rate, 3)

    def licence(self, registry: EngineRegistry, now_us: int, made_at: int | None = None) -> Licence:
        """What may be done with it, for whoever was sent a link made then; without one, for whoever saved it,
        or by a link that its creator makes now."""
        holds, since = self.declarations, self.link_made_at if made_at is None else made_at
        if holds is not None and since is not None:
            holds = holds.for_link(since)
        said = (None, None) if holds is None else (holds.newest, holds.attribution_text)
        return registry.told(self.engine, self.stamp, self.created_at, now_us, *said)


@dataclass(frozen=True, slots=True)
class StoredAudio:
    """The bytes behind a track: equal bytes are stored as one object. `digest` is their SHA-256,
    `crc32` what a ZIP says of them."""

    digest: bytes
    size_bytes: int
    content_type: str
    crc32: int
