"""What a listener is shown of an opened link: a view from an allow-list, with fresh playback URLs."""

from __future__ import annotations

from listenlink.actions.open_link import Opening
from listenlink.clock import SECOND_US
from listenlink.media.signed_url import PlaybackUrls, SharedPlayback
from listenlink.model import ids
from listenlink.model.audit import Outcome
from listenlink.model.licence import EngineRegistry, Licence, LicenceClass
from listenlink.model.listen_session import ListenSession
from listenlink.model.moment import iso_or_none
from listenlink.model.share import TargetType
from listenlink.model.view import (
    CollectionView,
    LicenceView,
    ShareFacts,
    ShareView,
    TrackView,
    licence_view,
    removed_view,
)
from listenlink.store.opens import FoundTrack

_MOST_SETTLED = 10_000


class LinkPresenter:
    """Builds views: licences by the registry, playback URLs that may begin for `ttl_seconds`."""

    def __init__(self, urls: PlaybackUrls, registry: EngineRegistry, ttl_seconds: int) -> None:
        self._urls = urls
        self._registry = registry
        self._ttl_seconds = ttl_seconds
        self._settled: dict[tuple[object, ...], LicenceView] = {}

    def view(self, opening: Opening, now_us: int) -> ShareView:
        """The answer for an opening that isn't a refusal. Raises ValueError for one that is."""
        link, session = opening.link, opening.session
        if link is None:
            raise ValueError("a refusal has no view")
        kind = TargetType.TRACK if link.collection is None else TargetType.COLLECTION
        facts = ShareFacts(kind.value, link.visibility, iso_or_none(link.expires_at))
        if opening.outcome is Outcome.REMOVED or session is None:
            return removed_view(kind.value, facts)
        views = [self._track_view(track, session, now_us) for track in opening.tracks or ()]
        if link.collection is None:
            return ShareView(kind.value, True, None, facts, views[0], None, None)
        collection = CollectionView(
            ids.public_id(ids.COLLECTION, link.collection.id),
            link.collection.name,
            link.collection.description,
        )
        return ShareView(kind.value, True, None, facts, None, collection, views)

    def _track_view(self, track: FoundTrack, session: ListenSession, now_us: int) -> TrackView:
        now_seconds = now_us // SECOND_US
        playback = SharedPlayback(
            session.share_id,
            session.rotation,
            track.id,
            session.open_trace,
            min(now_seconds + self._ttl_seconds, session.ends_at),
            session.ends_at,
        )
        return TrackView(
            id=ids.public_id(ids.TRACK, track.id),
            title=track.title,
            engine=track.engine,
            mode=track.mode,
            measured_duration_seconds=round(track.sample_count / track.sample_rate, 3),
            instrumental=bool(track.instrumental),
            playback_url=self._urls.write_shared(playback),
            licence=self._licence_view(track, now_us),
        )

    def _licence_view(self, track: FoundTrack, now_us: int) -> LicenceView:
        stamped = (track.engine, *track[8:12])
        is_settled = self._registry.is_settled(track.engine, track.created_at)
        view = self._settled.get(stamped) if is_settled else None
        if view is None:
            stamp = Licence(
                LicenceClass(track.stamp_class),
                track.stamp_version,
                bool(track.stamp_requires_attribution),
                track.stamp_attribution_text,
            )
            view = licence_view(self._registry.told(track.engine, stamp, track.created_at, now_us))
            if is_settled and len(self._settled) < _MOST_SETTLED:
                self._settled[stamped] = view
        return view
