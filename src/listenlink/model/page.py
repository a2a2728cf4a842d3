"""What a person sees of a link: the content of the share page, without a way to hear it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import reduce

import msgspec

from listenlink.model.claims import Claim, most_of
from listenlink.model.cover import CoverName
from listenlink.model.licence import UNCLEAR, Licence, meet
from listenlink.model.mark import Ai
from listenlink.model.versions import FIRST


@dataclass(frozen=True, slots=True)
class PageTrack:
    """A track on the page. `peaks` is any number of levels from 0 to 255; covers are digests of stored
    JPEGs, of the file's or of the one that was given by the number `given_cover`. `size_bytes` is of the
    file as it was put in. `claims` are what is told of how it was made; `has_manifest`: this server signed
    some of that."""

    number: int
    id: str
    title: str
    artist: str | None
    seconds: float
    peaks: bytes | None
    cover: bytes | None
    cover_small: bytes | None
    licence: Licence
    engine_name: str
    given_cover: int | None = None
    size_bytes: int = 0
    version: int = FIRST
    claims: tuple[Claim, ...] = ()
    has_manifest: bool = False

    @property
    def cover_name(self) -> CoverName | None:
        """Its cover among the pictures of the page, if it has one."""
        return (
            None if self.cover is None else CoverName(self.number, self.given_cover, self.version)
        )

    @property
    def ai(self) -> Ai:
        """How much of it a machine made, by the most that is said."""
        return most_of(self.claims)

    @property
    def attribution(self) -> str | None:
        """How to credit the source, where that's required or the licence says how."""
        if self.licence.attribution_text or not self.licence.requires_attribution:
            return self.licence.attribution_text
        return f"{self.title} – {self.artist}" if self.artist else self.title


@dataclass(frozen=True, slots=True)
class Page:
    """A link's page. `mark` is what its pattern is made from: the public id of what is shown. `cover` is the
    picture of all of it.

    If the link's preview is hidden, `title` is None and there are no tracks. `more` is how many tracks the
    collection has that aren't shown. Times in epoch µs.
    """

    share_id: int
    rotation: int
    is_public: bool
    allow_download: bool
    is_collection: bool
    expires_at: int | None
    mark: str
    title: str | None
    artist: str | None
    description: str | None
    tracks: tuple[PageTrack, ...]
    cover: CoverName | None
    more: int = 0

    @property
    def audible(self) -> tuple[list[int], list[int]]:
        """The numbers of its tracks, and of the versions that are shown of them."""
        return [track.number for track in self.tracks], [track.version for track in self.tracks]

    @property
    def is_empty(self) -> bool:
        """Whether it shows that there is nothing to hear."""
        return self.title is not None and not self.tracks

    @property
    def seconds(self) -> float:
        """The total length of its tracks."""
        return sum(track.seconds for track in self.tracks)

    @property
    def archive_bytes(self) -> int | None:
        """About how large its files are together, where they may be taken along as one; None elsewhere."""
        if not (self.allow_download and self.is_collection and self.tracks):
            return None
        return sum(track.size_bytes for track in self.tracks)

    @property
    def ai(self) -> Ai:
        """How much of the whole a machine made: all of it only if each of its tracks is said to be."""
        of_tracks = {track.ai for track in self.tracks}
        if of_tracks == {Ai.GENERATED} and not self.more:
            return Ai.GENERATED
        return Ai.ASSISTED if of_tracks - {Ai.NONE} else Ai.NONE

    @property
    def licence(self) -> Licence:
        """What may be done with the whole: the lowest of its tracks' licences."""
        licences = [track.licence for track in self.tracks]
        return reduce(meet, licences) if licences else UNCLEAR


@dataclass(frozen=True, slots=True)
class Preview:
    """What a link's preview picture shows. `cover` is the digest of a stored JPEG; without one, the
    pattern of `mark` is drawn. `peaks` is as in `PageTrack`. `creator_id` is whose link it is."""

    mark: str
    title: str
    artist: str | None
    cover: bytes | None
    peaks: bytes | None
    creator_id: int = 0

    @property
    def digest(self) -> str:
        """The picture's name, which differs for anything that looks different."""
        looks = (self.mark, self.title, self.artist, self.cover, self.peaks)
        return hashlib.sha256(msgspec.json.encode(looks)).hexdigest()
