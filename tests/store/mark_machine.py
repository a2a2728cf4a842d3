"""What happens to tracks and to what is known of how they were made, in a database: put in, declared,
replaced, saved; engines of which something else is said; files that are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection, func, insert, select

from listenlink.actions.mark_track import mark_first, mark_version
from listenlink.model.licence import UNCLEAR, EngineRegistry, EngineTerms
from listenlink.model.mark import Ai, Mark
from listenlink.model.track import StoredAudio, Track
from listenlink.model.versions import FIRST, Turn, Version
from listenlink.store import library, marks, pages, tables, tracks, versions
from listenlink.store.database.database import Database
from store.shown_rows import add_link

_Found = TypeVar("_Found")


class Spot(NamedTuple):
    """One version of one track, with the bytes that it has: by an organisation and a number."""

    track: int
    version: int
    organization: int
    sound: int


class Saved(NamedTuple):
    """A link to a track, by which somebody else has it in their library."""

    track: int
    share: int
    is_pinned: bool
    friend: tuple[int, int]


class Studio:
    """Two organisations and whoever saves from them, in a database that others may use, too."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.terms: list[EngineTerms] = []
        self.now_us = 1_000
        self.organizations = self.write(self._begin)
        # Of nobody else's: what is said of them changes nothing of what others made.
        self.engines = [f"{name}-{self.organizations[0]}" for name in ("studio", "helper", "own")]

    def write(self, work: Callable[[Connection], _Found]) -> _Found:
        """In a transaction of its own, a moment later."""
        self.now_us += 10
        return self._database.write_now(work)

    def _begin(self, connection: Connection) -> list[int]:
        found = connection.execute(select(func.max(tables.organizations.c.id))).scalar() or 0
        made = [int(found) + 1, int(found) + 2]
        for number in made:
            row = {"id": number, "created_at": 0}
            connection.execute(insert(tables.organizations).values(name="o", **row))
            connection.execute(insert(tables.users).values(email=f"u{number}@o.example", **row))
        return made

    @property
    def registry(self) -> EngineRegistry:
        return EngineRegistry(self.terms, self.terms)

    def say_of_engine(self, engine: str, ai: Ai | None) -> None:
        """From now on its operator says this of it; then what is there learns of it, a few at a time."""
        self.now_us += 10
        self.terms.append(
            EngineTerms(engine, engine.title(), UNCLEAR, self.now_us, self.now_us, ai)
        )
        said = self.registry.ai(engine, self.now_us)
        while self.write(lambda c: marks.raise_engine(c, engine, said, most=2)):
            pass

    def _audio(self, connection: Connection, sound: int) -> int:
        digest = f"{self.organizations[0]}.{sound}".encode().ljust(32)
        return tracks.add_audio(connection, StoredAudio(digest, 1, "audio/wav", 0), self.now_us)

    def upload(self, organization: int, sound: int, engine: str, declared: Ai) -> Spot:
        """The same sounds are the same bytes, in either organisation."""

        def put(connection: Connection) -> Spot:
            audio = self._audio(connection, sound)
            track = Track(
                0, organization, organization, "Harbour", None, engine, "creation", False, 44_100, 44_100,
                UNCLEAR, self.now_us,
            )  # fmt: skip
            added = tracks.add_track(connection, track, audio)
            marked = mark_first(connection, self.registry, added, audio, declared)
            assert marked.mark == self._known(connection, added.id, FIRST)
            return Spot(added.id, FIRST, organization, sound)

        return self.write(put)

    def replace(self, whose: Spot, number: int, sound: int, engine: str) -> Spot:
        """Put a version in, which isn't current yet."""

        def put(connection: Connection) -> Spot:
            audio = self._audio(connection, sound)
            track = self._own(connection, whose)
            version = Version(number, engine, UNCLEAR, self.now_us, 44_100, 44_100)
            versions.add_version(connection, track, version, audio)
            mark_version(connection, self.registry, track, version, audio)
            return Spot(whose.track, number, whose.organization, sound)

        return self.write(put)

    def make_current(self, spot: Spot) -> None:
        turn = Turn(self.now_us, spot.version)
        self.write(lambda c: versions.make_current(c, spot.track, turn))

    def declare(self, spot: Spot, ai: Ai) -> None:
        self.write(lambda c: marks.declare_ai(c, spot.track, ai))

    def read_file(self, sound: int, ai: Ai) -> None:
        """What the bytes say themselves, wherever they are."""
        self.write(lambda c: marks.keep_claim(c, self._audio(c, sound), ai, "Ben", self.now_us))

    def save(self, spot: Spot, friend: int, *, is_pinned: bool) -> Saved:
        """Somebody has it by a link that is made now."""

        def keep(connection: Connection) -> Saved:
            found = connection.execute(select(func.max(tables.shares.c.id))).scalar() or 0
            terms = {"organization_id": spot.organization, "creator_id": spot.organization}
            terms |= {"track_id": spot.track, "created_at": self.now_us, "is_pinned": is_pinned}
            add_link(connection, found + 1, **terms)
            library.add_edge(connection, friend, friend, spot.track, found + 1, self.now_us)
            return Saved(spot.track, found + 1, is_pinned, (friend, friend))

        return self.write(keep)

    def known(self, spots: list[Spot]) -> dict[Spot, Mark]:
        """What is known of each."""
        return self._database.read_now(
            lambda c: {spot: self._known(c, spot.track, spot.version) for spot in spots}
        )

    def told(self, saved: Saved) -> list[tuple[int, Mark]]:
        """Of which version what is told: to whoever saved it, and on the link's page."""

        def find(connection: Connection) -> list[tuple[int, Mark]]:
            copy = library.find_track(connection, *saved.friend, saved.track)
            page = pages.find_shown(connection, saved.share)
            assert copy is not None
            assert page is not None
            return [(one.version, one.mark) for one in (copy, page.tracks[0].track)]

        return self._database.read_now(find)

    def current(self, spot: Spot) -> int:
        return self._database.read_now(lambda c: self._own(c, spot).version)

    def _known(self, connection: Connection, track: int, version: int) -> Mark:
        return marks.find_marks(connection, {track: version})[track]

    def _own(self, connection: Connection, spot: Spot) -> Track:
        track = tracks.find_own_track(connection, spot.organization, spot.organization, spot.track)
        assert track is not None
        return track
