"""What the share page, its previews and its pictures are made of; nothing here counts or mints.

Rendering a page with many tracks is work, and many ask for the same one. So the result is cached under a
fingerprint of all that it shows, which is read afresh for every request: nothing has to be notified of a
change, and none can be missed. Whether a link opens isn't part of it: that is decided beforehand, each time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection

from listenlink.actions.make_once import OnceMaker
from listenlink.errors import Problem, ProblemKind
from listenlink.media.picture_url import LARGE, PREVIEW, PictureName
from listenlink.model import ids, share
from listenlink.model.cover import CoverName
from listenlink.model.licence import EngineRegistry
from listenlink.model.mark import Ai
from listenlink.model.page import Page, PageTrack, Preview
from listenlink.model.shelf import Written
from listenlink.store import pages, pictures
from listenlink.store.database.database import Database
from listenlink.store.fingerprints import Fingerprint, find_fingerprint
from listenlink.store.pages import ShownCollection, ShownLink, ShownTrack
from listenlink.store.pictures import Drawable
from listenlink.threads import WORK

Write = Callable[[Page], Written]

_PEAKS_OF_ONE = 300
_PEAKS_OF_MANY = 100
_TRIES = 3


class _Seen(NamedTuple):
    """A fingerprint, and the content that it's of if that was read at the same time."""

    fingerprint: Fingerprint
    shown: ShownLink | None


class PageShower:
    """Reads the pages of links, and caches what is rendered from them."""

    def __init__(self, database: Database, registry: EngineRegistry, maker: OnceMaker) -> None:
        self._database = database
        self._registry = registry
        self._maker = maker

    async def find_written(
        self,
        share_id: int,
        now_us: int,
        kind: Hashable,
        write: Write,
        *,
        is_open: bool = False,
    ) -> Written | None:
        """Return what `write` makes of a link's page as it is now, None if the link's target has just been
        removed. Whether the link leads anywhere is decided before. `is_open` shows what a hidden preview
        hides.

        `kind` covers all that `write` depends on besides the page: what it renders, in which language, for
        which token. `write` is called in a thread, once for all who ask meanwhile, and not at all if that was
        rendered before. Raises Problem(UNAVAILABLE).
        """
        # Of all that is shown of a track, only licences change by themselves.
        facts = (kind, is_open, self._registry.unchanged_since(now_us))

        def is_new(fingerprint: Fingerprint) -> bool:
            return not self._maker.has((*facts, fingerprint.digest))

        for is_last in [False] * (_TRIES - 1) + [True]:
            seen = await self._database.read(partial(_see, share_id, is_new, is_whole=is_last))
            if seen is None:
                return None

            async def make(seen: _Seen = seen) -> Written | None:
                shown = await self._read_whole(share_id, seen)
                if shown is None:
                    return None
                return await WORK.run(
                    lambda: write(self._page(shown, now_us, shown.preview or is_open))
                )

            written = await self._maker.make((*facts, seen.fingerprint.digest), make)
            if written is not None:
                return written
        raise Problem(ProblemKind.UNAVAILABLE)

    async def _read_whole(self, share_id: int, seen: _Seen) -> ShownLink | None:
        """The content that the fingerprint is of; None if it changed meanwhile, so must be read again."""
        if seen.shown is not None:
            return seen.shown
        again = await self._database.read(partial(_see, share_id, lambda _: True, is_whole=True))
        if again is None or again.fingerprint != seen.fingerprint:
            return None
        return again.shown

    async def find_pictured(self, name: PictureName, now_us: int) -> Preview | bytes | None:
        """Return what a picture's name leads to: a cover's digest, or what a preview is drawn from.

        None if the link leads nowhere now or there is no such picture. A cover's name is given only to
        those who may see it, so a hidden preview hides only the drawn picture.
        """
        if name.kind == PREVIEW:
            drawable = await self._database.read(lambda c: pictures.find_drawable(c, name.share_id))
            if drawable is None or not drawable.admits(name, now_us):
                return None
            return _preview(drawable) if drawable.has_preview else None
        covers = await self._database.read(
            lambda c: pictures.find_covers(c, name.share_id, name.track_id)
        )
        if covers is None or not covers.admits(name, now_us):
            return None
        return covers.large if name.kind == LARGE else covers.small

    def _page(self, shown: ShownLink, now_us: int, is_shown: bool) -> Page:
        target = shown.collection
        peaks = _PEAKS_OF_ONE if target is None else _PEAKS_OF_MANY
        tracks: tuple[PageTrack, ...] = ()
        title = description = None
        mark = hashlib.sha256(b"%d" % shown.id).hexdigest()
        if is_shown:
            tracks = tuple(
                self._track(item, shown.created_at, now_us, peaks) for item in shown.tracks
            )
            title = target.name if target else tracks[0].title
            description = target.description if target else None
            mark = ids.public_id(ids.COLLECTION, target.id) if target else tracks[0].id
        artists = {track.artist for track in tracks}
        return Page(
            share_id=shown.id,
            rotation=shown.rotation,
            is_public=shown.visibility == share.Visibility.PUBLIC,
            allow_download=shown.allow_download,
            is_collection=target is not None,
            expires_at=shown.expires_at,
            mark=mark,
            title=title,
            artist=artists.pop() if len(artists) == 1 else None,
            description=description,
            tracks=tracks,
            cover=_cover(tracks, target if is_shown else None),
            more=shown.more if is_shown else 0,
        )

    def _track(self, shown: ShownTrack, made_at: int, now_us: int, peaks: int) -> PageTrack:
        track = shown.track
        return PageTrack(
            number=track.id,
            id=ids.public_id(ids.TRACK, track.id),
            title=track.title,
            artist=track.artist,
            seconds=track.measured_duration_seconds,
            peaks=_fewer(shown.peaks, peaks) if shown.peaks else None,
            cover=shown.cover,
            cover_small=shown.cover_small,
            licence=track.licence(self._registry, now_us, made_at),
            engine_name=self._registry.name(track.engine, now_us),
            given_cover=shown.given_cover,
            size_bytes=shown.size_bytes,
            version=track.version,
            claims=track.claims(self._registry, now_us),
            has_manifest=track.signed is not Ai.NONE,
        )


def _see(
    share_id: int,
    is_new: Callable[[Fingerprint], bool],
    connection: Connection,
    *,
    is_whole: bool,
) -> _Seen | None:
    """Read what a link shows, as far as needed: a new page of one track is read at once, one of many tracks
    by whoever renders it, because many may ask for it at the same moment. None if there is nothing."""
    fingerprint = find_fingerprint(connection, share_id)
    if fingerprint is None:
        return None
    is_wanted = is_whole or (not fingerprint.is_collection and is_new(fingerprint))
    return _Seen(fingerprint, pages.find_shown(connection, share_id) if is_wanted else None)


def _preview(drawn: Drawable) -> Preview:
    if drawn.collection is not None:
        number, title = drawn.collection
        mark, length = ids.public_id(ids.COLLECTION, number), _PEAKS_OF_MANY
    elif drawn.track is not None:
        number, title = drawn.track
        mark, length = ids.public_id(ids.TRACK, number), _PEAKS_OF_ONE
    else:
        raise ValueError("a link leads to something")
    peaks = _fewer(drawn.peaks, length) if drawn.peaks else None
    return Preview(mark, title, drawn.artist, drawn.cover, peaks, drawn.creator_id)


def _cover(tracks: tuple[PageTrack, ...], target: ShownCollection | None) -> CoverName | None:
    """The cover that represents all: what the collection was given, else that of the track its creator chose,
    else of the first with one."""
    if target is not None and target.given_cover is not None:
        return CoverName(0, target.given_cover) if target.cover else None
    covered = [track for track in tracks if track.cover]
    wanted = target.cover_track_id if target else None
    chosen = [track for track in covered if track.number == wanted] or covered
    return chosen[0].cover_name if chosen else None


def _fewer(peaks: bytes, wanted: int) -> bytes:
    step = max(1, len(peaks) // wanted)
    return bytes(max(peaks[start : start + step]) for start in range(0, len(peaks), step))
