"""A track and the stored audio behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from listenlink.model.claims import Claim, claims_of
from listenlink.model.declared import Declarations
from listenlink.model.licence import EngineRegistry, Licence
from listenlink.model.mark import UNMARKED, Ai, Mark
from listenlink.model.versions import FIRST, Version, Versions, begin, told
from listenlink.wire.bodies import MODES as MODES


@dataclass(frozen=True, slots=True)
class Track:
    """A piece of music that somebody uploaded. Its length is exact: decoded samples over their rate.
    `object_digest` is of the bytes that are played, None where they weren't asked for.
    `is_shorter_than_declared`: the file's own headers promise more than there is. `declarations` is what its
    creator declared of it; for whoever saved it by a link, `link_made_at` is when that was made. What changes
    with its audio is as of its `version`; `versions` is None for a track that has had only one. `mark` is
    what is known of how it was made, `signed` what a manifest of this server says of that; both are there
    where `store/marked_tracks.py` looked."""

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
    version: int = FIRST
    versions: Versions | None = None
    mark: Mark = UNMARKED
    signed: Ai = Ai.NONE

    @property
    def all_versions(self) -> Versions:
        """Its versions, also if it has had only one."""
        if self.versions is not None:
            return self.versions
        return begin(
            Version(
                FIRST,
                self.engine,
                self.stamp,
                self.created_at,
                self.sample_count,
                self.sample_rate,
                self.is_shorter_than_declared,
            )
        )

    @property
    def engines(self) -> set[str]:
        """What any of its versions was made with."""
        return {one.engine for one in self.all_versions.items}

    def of(self, version: Version) -> Track:
        """As it is with this version's audio."""
        return replace(
            self,
            version=version.number,
            engine=version.engine,
            stamp=version.stamp,
            sample_count=version.sample_count,
            sample_rate=version.sample_rate,
            is_shorter_than_declared=version.is_shorter_than_declared,
        )

    def by_link(self, made_at: int, *, is_pinned: bool) -> Track:
        """As a link leads to it that was made then."""
        if self.versions is None:
            return self
        return self.of(self.versions.shown(made_at, is_pinned=is_pinned))

    @property
    def measured_duration_seconds(self) -> float:
        """Seconds, to the millisecond; the stored sample count is exact."""
        return round(self.sample_count / self.sample_rate, 3)

    def claims(self, registry: EngineRegistry, now_us: int) -> tuple[Claim, ...]:
        """What is told of how it was made."""
        engine = self.mark.engine
        return claims_of(self.mark, self.signed, engine and registry.name(engine, now_us))

    def licence(self, registry: EngineRegistry, now_us: int, made_at: int | None = None) -> Licence:
        """What may be done with it, for whoever was sent a link made then; without one, for whoever saved it,
        or by a link that its creator makes now."""
        holds, since = self.declarations, self.link_made_at if made_at is None else made_at
        if holds is not None and since is not None:
            holds = holds.for_link(since)
        said = (None, None) if holds is None else (holds.newest, holds.attribution_text)
        if self.versions is None:
            return registry.told(self.engine, self.stamp, self.created_at, now_us, *said)
        own = self.versions.of(self.version)
        others = () if since is None else self.versions.in_force(since)
        return told(registry, dict.fromkeys((own, *others)), now_us, *said)


@dataclass(frozen=True, slots=True)
class StoredAudio:
    """The bytes behind a track: equal bytes are stored as one object. `digest` is their SHA-256,
    `crc32` what a ZIP says of them."""

    digest: bytes
    size_bytes: int
    content_type: str
    crc32: int
