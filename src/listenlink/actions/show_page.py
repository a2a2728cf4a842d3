"""What the share page, its previews and its pictures are made of; nothing here counts or mints."""

from __future__ import annotations

import hashlib

from listenlink.media.picture_url import LARGE, PREVIEW, PictureName
from listenlink.model import ids, share
from listenlink.model.licence import EngineRegistry
from listenlink.model.page import Page, PageTrack
from listenlink.store import pages
from listenlink.store.database import Database
from listenlink.store.pages import ShownLink, ShownTrack

_PEAKS_OF_ONE = 300
_PEAKS_OF_MANY = 100


class PageShower:
    """Reads pages of links."""

    def __init__(self, database: Database, registry: EngineRegistry) -> None:
        self._database = database
        self._registry = registry

    async def find_page(self, share_id: int, now_us: int, *, is_open: bool = False) -> Page | None:
        """The page of a link, None if what it led to was removed just now. Whether the link leads anywhere
        is decided before. `is_open` shows what a hidden preview hides."""
        shown = await self._database.read(lambda c: pages.find_shown(c, share_id))
        return None if shown is None else self._page(shown, now_us, shown.preview or is_open)

    async def find_pictured(self, name: PictureName, now_us: int) -> Page | bytes | None:
        """What a picture's name leads to: a cover's digest, or the page that a preview is drawn of.

        None where the link leads nowhere now, or there is no such picture. A cover's name is given only
        to who may see it, so a hidden preview hides the drawn picture alone.
        """
        only_track = None if name.kind == PREVIEW else name.track_id
        shown = await self._database.read(lambda c: pages.find_shown(c, name.share_id, only_track))
        if shown is None or shown.rotation != name.rotation:
            return None
        if share.refusal(shown.revoked_at, shown.starts_at, shown.expires_at, now_us) is not None:
            return None
        if name.kind == PREVIEW:
            return self._page(shown, now_us, is_shown=True) if shown.preview else None
        if not shown.tracks:
            return None
        (track,) = shown.tracks
        return track.cover if name.kind == LARGE else track.cover_small

    def _page(self, shown: ShownLink, now_us: int, is_shown: bool) -> Page:
        target = shown.collection
        peaks = _PEAKS_OF_ONE if target is None else _PEAKS_OF_MANY
        tracks: tuple[PageTrack, ...] = ()
        title = description = None
        mark = hashlib.sha256(b"%d" % shown.id).hexdigest()
        if is_shown:
            tracks = tuple(self._track(item, now_us, peaks) for item in shown.tracks)
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
            cover_track=_cover_track(tracks, target.cover_track_id if target else None),
        )

    def _track(self, shown: ShownTrack, now_us: int, peaks: int) -> PageTrack:
        track = shown.track
        terms = self._registry.terms_in_force(track.engine, now_us)
        return PageTrack(
            number=track.id,
            id=ids.public_id(ids.TRACK, track.id),
            title=track.title,
            artist=track.artist,
            seconds=track.measured_duration_seconds,
            peaks=_fewer(shown.peaks, peaks) if shown.peaks else None,
            cover=shown.cover,
            cover_small=shown.cover_small,
            licence=self._registry.told(track.engine, track.stamp, track.created_at, now_us),
            engine_name=terms.display_name if terms else track.engine,
        )


def _cover_track(tracks: tuple[PageTrack, ...], wanted: int | None) -> PageTrack | None:
    """The track whose cover stands for all: the one that the creator chose, else the first with one."""
    covered = [track for track in tracks if track.cover]
    chosen = [track for track in covered if track.number == wanted] or covered
    return chosen[0] if chosen else None


def _fewer(peaks: bytes, wanted: int) -> bytes:
    step = max(1, len(peaks) // wanted)
    return bytes(max(peaks[start : start + step]) for start in range(0, len(peaks), step))
