"""The only place where parts are wired together: from settings to an instance and its web application."""

from __future__ import annotations

import structlog

from listenlink import parts
from listenlink.actions.create_instance import check_instance
from listenlink.actions.draw_preview import PreviewDrawer
from listenlink.actions.find_instance import load_link_ring, load_ring, locate_database
from listenlink.actions.opening.pseudonyms import Pseudonyms
from listenlink.actions.opening.session_clients import bound_sessions
from listenlink.actions.play_track import TrackPlayer
from listenlink.actions.show_link import LinkPresenter
from listenlink.actions.show_page import PageShower
from listenlink.actions.tus_upload import TusUploads
from listenlink.actions.upload_track import TrackUploader
from listenlink.actions.watch_links import LinkWatcher
from listenlink.capacity import current_capacity
from listenlink.clock import Clock
from listenlink.logs import set_up_logs
from listenlink.media.folder.open_files import OpenFiles
from listenlink.media.measure import Probe
from listenlink.media.picture_url import PURPOSE as PICTURE_PURPOSE
from listenlink.media.picture_url import PictureUrls
from listenlink.model.listen_session import PURPOSE as SESSION_PURPOSE
from listenlink.model.sealing import Sealer, TokenSealer
from listenlink.model.signing import Signer
from listenlink.model.visit_ticket import PURPOSE as VISIT_PURPOSE
from listenlink.model.visit_ticket import VisitTickets
from listenlink.running.derive_audio import AudioDeriver
from listenlink.running.instance import Instance
from listenlink.running.readiness import Readiness
from listenlink.settings import Settings, load_settings
from listenlink.web.front import Front
from listenlink.web.running import running


def build_instance(settings: Settings, clock: Clock) -> Instance:
    """Assemble an instance according to the settings.

    Raises RefusesToStart if there is none, or if its keys or its bucket's can't be used for signing.
    """
    check_instance(settings)
    ring = load_ring(settings)
    location = locate_database(settings)
    stores = parts.open_stores(location, settings, clock)
    database, folder, drafts, media_urls = stores
    limits, daily_keys = parts.open_shared(settings, ring, clock)
    timekeeper = parts.keep_time(location, database, clock, limits)
    keys, token_sealer = parts.compare_keys(ring, database), TokenSealer(load_link_ring(settings))
    registry, engines_problem = parts.load_engines(database, settings, clock)
    renewing = bound_sessions(database, settings.session_clients, ring)
    names, with_objects = Pseudonyms(daily_keys), media_urls is not None
    opener, reader = parts.open_doors(location, limits, names, settings, renewing, with_objects)
    promises = parts.make_promises(database, folder, settings, clock)
    deriver = AudioDeriver(database, folder, clock, promises)
    probe = Probe(max_seconds=settings.max_audio_seconds)
    uploader = TrackUploader(database, folder, probe, registry, deriver.wake)
    urls, capacity = parts.make_urls(settings.base_url, ring), current_capacity()
    maker, covers = parts.make_makers()
    checks = parts.list_checks(settings, stores, ring, keys, limits, engines_problem, timekeeper)
    return Instance(
        settings=settings, clock=clock, capacity=capacity, database=database, folder=folder,
        media_urls=media_urls, players=parts.open_player_sessions(settings, ring),
        open_files=OpenFiles(folder), reader=reader, daily_keys=daily_keys, registry=registry,
        engines_problem=engines_problem, limits=limits, opener=opener,
        presenter=LinkPresenter(urls, registry, settings.playback_ttl_seconds, media_urls),
        player=TrackPlayer(urls, reader), uploader=uploader,
        resumer=TusUploads(database, folder, drafts, uploader, settings.max_upload_bytes, promises),
        promises=promises, deriver=deriver, urls=urls, maker=maker, covers=covers,
        pages=PageShower(database, registry, maker),
        pictures=PictureUrls(Signer(ring, PICTURE_PURPOSE)),
        previewer=PreviewDrawer(folder, settings.data / "previews"),
        watcher=LinkWatcher(database, clock, capacity.event_streams),
        session_signer=Signer(ring, SESSION_PURPOSE), tickets=VisitTickets(Signer(ring, VISIT_PURPOSE)),
        sealer=Sealer(ring), token_sealer=token_sealer, keys=keys,
        readiness=Readiness(clock, checks), timekeeper=timekeeper,
    )  # fmt: skip


def create_app() -> Front:
    """The ASGI application, set up from the environment. The server calls this in each worker."""
    settings = load_settings()
    set_up_logs(settings.log_level)
    instance = build_instance(settings, Clock())
    if instance.engines_problem:
        structlog.get_logger().error("engines_unreadable", problem=instance.engines_problem)
    front = Front(instance, lambda: running(instance, front))
    return front
