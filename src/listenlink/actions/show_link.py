"""What a listener is shown of an opened link: a view of allow-listed fields, with fresh playback URLs."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, cast

import msgspec

from listenlink import wire
from listenlink.actions.open_link import Opening
from listenlink.actions.opening.found_versions import as_shown, is_gone
from listenlink.clock import SECOND_US
from listenlink.media.signed_url import PlaybackUrls, name
from listenlink.media.storage import MediaUrls
from listenlink.model import ids
from listenlink.model.audit import Outcome
from listenlink.model.declared import Declared, read_declarations, written_for_link
from listenlink.model.licence import EngineRegistry, Licence, LicenceClass
from listenlink.model.listen_session import ListenSession
from listenlink.model.moment import moment_or_none
from listenlink.model.remembered import Remembered
from listenlink.model.share import TargetType
from listenlink.model.versions import FIRST, Version, read_for_link, told
from listenlink.model.view import licence_view, removed_view
from listenlink.store.opening.open_rows import FoundLink, FoundTrack

_WRITTEN_BYTES = 12_000_000
# The size of a row as read, without its title, where a character may take four bytes, and four more since it
# was encoded: Python keeps that with the text.
_ROW_BYTES = 1000
_MOST_IN_A_CHARACTER = 8
_encode = msgspec.json.Encoder().encode
# Inside a JSON string a quote is escaped, so no title can contain this.
_EMPTY_URL = b'"playback_url":""'


class _Written(NamedTuple):
    """A track's view as JSON without its URL, which goes between the two; and what its version is called in
    a URL of this server's own."""

    before: bytes
    after: bytes
    name: str


class LinkPresenter:
    """Renders views: licences from the registry, and playback URLs that are good for starting playback for
    `ttl_seconds`: those of `media_urls` if there are any, else this server's own."""

    def __init__(
        self,
        urls: PlaybackUrls,
        registry: EngineRegistry,
        ttl_seconds: int,
        media_urls: MediaUrls | None = None,
    ) -> None:
        self._urls = urls
        self._media_urls = media_urls
        self._registry = registry
        self._ttl_seconds = ttl_seconds
        # Keyed by the whole row as read for this very opening: a changed track has a different key. They hold
        # until any engine's terms come into force.
        self._written: Remembered[FoundTrack, _Written] = Remembered(_WRITTEN_BYTES, _bytes_of)
        self._written_since = 0

    def write(self, opening: Opening, now_us: int) -> bytes:
        """Render the JSON for an opening that isn't a refusal. Raises ValueError for one that is."""
        link, session = opening.link, opening.session
        if link is None:
            raise ValueError("a refusal has no view")
        kind = TargetType.TRACK if link.collection is None else TargetType.COLLECTION
        facts = _facts(kind.value, link.visibility, link.expires_at)
        if opening.outcome is Outcome.REMOVED or session is None:
            return _encode(removed_view(kind.value, facts))
        tracks = opening.tracks or []
        if link.is_pinned:
            tracks = [track for track in tracks if not is_gone(link, track)]
        tracks = [
            track if track.versions is None and track.declared is None else _for_link(track, link)
            for track in tracks
        ]
        views = self._write_tracks(session, tracks, now_us)
        if link.collection is None:
            return _encode(wire.ShareView(kind.value, True, None, facts, views[0], None, None))
        collection = wire.SharedCollection(
            ids.public_id(ids.COLLECTION, link.collection.id),
            link.collection.name,
            link.collection.description,
        )
        return _encode(wire.ShareView(kind.value, True, None, facts, None, collection, views))

    def _write_tracks(
        self, session: ListenSession, tracks: list[FoundTrack], now_us: int
    ) -> list[wire.SharedTrack]:
        """The views as JSON, which the encoder passes through unchanged. What is the same for all of them is
        done once: there may be 500."""
        if self._written_since != (since := self._registry.unchanged_since(now_us)):
            self._written.forget()
            self._written_since = since
        known = self._written.get
        written = [known(track) or self._write_track(track, now_us) for track in tracks]
        urls = self._write_urls(session, tracks, written, now_us)
        views = [
            msgspec.Raw(b"%b%b%b" % (before, url.encode(), after))
            for (before, after, _), url in zip(written, urls, strict=True)
        ]
        return cast(list[wire.SharedTrack], views)

    def _write_urls(
        self,
        session: ListenSession,
        tracks: list[FoundTrack],
        written: list[_Written],
        now_us: int,
    ) -> list[str]:
        now_seconds = now_us // SECOND_US
        expires_at = min(now_seconds + self._ttl_seconds, session.ends_at)
        if self._media_urls is None:
            return self._urls.write_named(session, expires_at, [one.name for one in written])
        digests = [bytes.fromhex(track.object_digest) for track in tracks]
        return self._media_urls.playback_urls(digests, now_seconds, expires_at)

    def _write_track(self, track: FoundTrack, now_us: int) -> _Written:
        written = self._written.recall(track)
        if written is None:
            written = self._render(track, now_us)
            self._written.keep(track, written)
        return written

    def _render(self, track: FoundTrack, now_us: int) -> _Written:
        licence = told(self._registry, _in_force(track), now_us, *_declared(track))
        view = wire.SharedTrack(
            id=ids.public_id(ids.TRACK, track.id),
            title=track.title,
            engine=track.engine,
            mode=track.mode,
            measured_duration_seconds=round(track.sample_count / track.sample_rate, 3),
            instrumental=bool(track.instrumental),
            playback_url="",
            licence=licence_view(licence),
        )
        before, url, after = _encode(view).partition(_EMPTY_URL)
        number = FIRST if track.versions is None else read_for_link(track.versions).version.number
        return _Written(before + url[:-1], b'"' + after, name(track.id, number))


def _for_link(track: FoundTrack, link: FoundLink) -> FoundTrack:
    """As the version that the link leads to, with what was declared as far as it holds for the link."""
    if track.versions is not None:
        track = as_shown(link, track)
    if track.declared is None:
        return track
    return track._replace(declared=written_for_link(track.declared, link.created_at))


def _in_force(track: FoundTrack) -> tuple[Version, ...]:
    """The versions that hold for the link, whose facts are the row's own for a track that has had only
    one."""
    if track.versions is not None:
        return read_for_link(track.versions).in_force
    stamp = Licence(
        LicenceClass(track.stamp_class),
        track.stamp_version,
        bool(track.stamp_requires_attribution),
        track.stamp_attribution_text,
    )
    lasts = track.sample_count, track.sample_rate
    return (Version(FIRST, track.engine, stamp, track.created_at, *lasts),)


def _declared(track: FoundTrack) -> tuple[Declared | None, str | None]:
    if track.declared is None:
        return None, None
    declarations = read_declarations(track.declared)
    return declarations.newest, declarations.attribution_text


def _bytes_of(track: FoundTrack, written: _Written) -> int:
    texts = len(track.title) + len(track.declared or "") + len(track.versions or "")
    text = _MOST_IN_A_CHARACTER * texts
    return _ROW_BYTES + text + len(written.before) + len(written.after)


@lru_cache(maxsize=4096)
def _facts(kind: str, visibility: str, expires_at: int | None) -> wire.ShareFacts:
    return wire.ShareFacts(kind, visibility, moment_or_none(expires_at))
