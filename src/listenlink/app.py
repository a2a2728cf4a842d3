"""The only wiring place: settings in, a running instance and its web application out."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Sequence

import structlog

from listenlink.actions.compare_keys import KeyComparison
from listenlink.actions.create_instance import check_instance
from listenlink.actions.decide_opens import Opening, OpenRequest
from listenlink.actions.derive_audio import AudioDeriver
from listenlink.actions.draw_preview import PreviewDrawer
from listenlink.actions.find_instance import backend_of, daily_folder, load_ring
from listenlink.actions.instance import Instance
from listenlink.actions.keep_house import keep_house
from listenlink.actions.keep_opens import OpenKeeper
from listenlink.actions.limit_clients import ClientLimits, OwnLimits
from listenlink.actions.manage_tracks import remove_discarded
from listenlink.actions.name_clients import ClientNames
from listenlink.actions.open_link import LinkOpener
from listenlink.actions.play_track import TrackPlayer
from listenlink.actions.share_limits import SharedLimits
from listenlink.actions.show_link import LinkPresenter
from listenlink.actions.show_page import PageShower
from listenlink.actions.upload_track import TrackUploader
from listenlink.actions.watch_links import LinkWatcher
from listenlink.clock import Clock
from listenlink.errors import Problem, RefusesToStart
from listenlink.logs import set_up_logs
from listenlink.media.folder import Folder
from listenlink.media.measure import Probe
from listenlink.media.open_objects import OpenObjects
from listenlink.media.picture_url import PURPOSE as PICTURE_PURPOSE
from listenlink.media.picture_url import PictureUrls
from listenlink.media.signed_url import DOWNLOAD_PURPOSE, OWN_PURPOSE, SHARED_PURPOSE, PlaybackUrls
from listenlink.model.licence import EngineRegistry
from listenlink.model.listen_session import PURPOSE as SESSION_PURPOSE
from listenlink.model.sealing import Sealer
from listenlink.model.signing import Signer, SigningKey, derive
from listenlink.secret_keys import DailyKeys, DayKeys
from listenlink.settings import Settings, load_settings
from listenlink.store import audit_days, engines, tracks
from listenlink.store.backend import Backend
from listenlink.store.connections import Connections
from listenlink.store.database import Database
from listenlink.store.group_commit import GroupCommit
from listenlink.store.playback import (
    PlaybackReader,
    PostgresPlaybackReader,
    SqlitePlaybackReader,
)
from listenlink.store.postgres_group import PostgresGroup
from listenlink.store.shared_days import SharedDayKeys
from listenlink.store.shared_log import PURPOSE as LIMITS_PURPOSE
from listenlink.store.shared_log import SharedLog, open_redis
from listenlink.web.front import Front

_PROBES_AT_ONCE = 2


def build_instance(settings: Settings, clock: Clock) -> Instance:
    """Put an instance together on the folder that the settings name.

    Raises RefusesToStart if there is no instance in it, or if its keys aren't fit to sign with.
    """
    check_instance(settings)
    ring = load_ring(settings)
    backend = backend_of(settings)
    database, folder = _open_stores(backend, settings, clock)
    keys = _compare_keys(ring, clock, database)
    deriver = AudioDeriver(database, folder, clock)
    registry, engines_problem = _load_engines(database, settings, clock)
    limits, daily_keys = _open_shared(settings, ring, clock)
    opener, reader = _open_doors(backend, limits, ClientNames(daily_keys), settings)
    urls = _make_urls(settings.base_url, ring)
    return Instance(
        settings=settings,
        clock=clock,
        database=database,
        folder=folder,
        open_objects=OpenObjects(folder),
        reader=reader,
        daily_keys=daily_keys,
        registry=registry,
        engines_problem=engines_problem,
        limits=limits,
        opener=opener,
        presenter=LinkPresenter(urls, registry, settings.playback_ttl_seconds),
        player=TrackPlayer(urls, reader),
        uploader=TrackUploader(database, folder, _make_probe(settings), registry, deriver.wake),
        deriver=deriver,
        urls=urls,
        pages=PageShower(database, registry),
        pictures=PictureUrls(Signer(ring, PICTURE_PURPOSE)),
        previewer=PreviewDrawer(folder, settings.data / "previews"),
        watcher=LinkWatcher(database, clock),
        session_signer=Signer(ring, SESSION_PURPOSE),
        sealer=Sealer(ring),
        keys=keys,
    )


def _make_probe(settings: Settings) -> Probe:
    return Probe(_PROBES_AT_ONCE, max_seconds=settings.max_audio_seconds)


def _compare_keys(ring: Sequence[SigningKey], clock: Clock, database: Database) -> KeyComparison:
    keys = KeyComparison(ring, clock)
    keys.compare_now(database)
    return keys


def _make_urls(base_url: str, ring: Sequence[SigningKey]) -> PlaybackUrls:
    purposes = (SHARED_PURPOSE, OWN_PURPOSE, DOWNLOAD_PURPOSE)
    return PlaybackUrls(base_url, *(Signer(ring, purpose) for purpose in purposes))


def _open_shared(
    settings: Settings, ring: Sequence[SigningKey], clock: Clock
) -> tuple[ClientLimits, DayKeys]:
    """What several processes share by Redis, or one has by itself: the limits and the days' keys."""
    own = OwnLimits(settings.resolve_limit_per_minute, settings.miss_limit_per_minute)
    days = DailyKeys(daily_folder(settings))
    if settings.redis_url is None:
        return own, days
    redis = open_redis(settings.redis_url.get_secret_value())
    shared_days = SharedDayKeys(redis, days)
    if not own.hit_limit:
        return own, shared_days
    # While keys are exchanged, all nodes have the one with the lowest id for as long as possible.
    secret = derive(min(ring, key=lambda key: key.key_id).root, LIMITS_PURPOSE)
    log = SharedLog(redis, own.hit_limit, own.miss_limit, secret)
    return SharedLimits(own, log, clock), shared_days


def _open_doors(
    backend: Backend, limits: ClientLimits, names: ClientNames, settings: Settings
) -> tuple[LinkOpener, PlaybackReader]:
    """What is asked too often to go the way of ordinary queries: opening, and playback's point reads."""
    if backend.url is None:
        keeper = OpenKeeper(limits, names, settings.session_ttl_seconds)
        queue: GroupCommit[OpenRequest | None, Opening | None] = GroupCommit(
            backend.path, keeper.run_now, keeper.undo, keeper.done
        )
        return LinkOpener(keeper, queue), SqlitePlaybackReader(backend.path)
    connections = Connections(backend.url)
    keeper = OpenKeeper(limits, names, settings.session_ttl_seconds, connections)
    return LinkOpener(keeper, PostgresGroup(keeper.run)), PostgresPlaybackReader(connections)


def _open_stores(backend: Backend, settings: Settings, clock: Clock) -> tuple[Database, Folder]:
    """The database, brought to this version's tables, and the folder, cleaned of what a crash left.

    Raises RefusesToStart if the database can't be reached.
    """
    try:
        backend.upgrade()
        database = backend.open(serves=True)
        database.write_now(lambda connection: audit_days.make_days(connection, clock.now_us()))
    except Problem:
        raise RefusesToStart(f"{backend} can't be reached now") from None
    folder = Folder(settings.data)
    folder.start_serving(
        lambda digest: database.read_now(
            lambda connection: tracks.is_object_kept(connection, digest)
        )
    )
    discarded = database.read_now(tracks.list_discarded_audio)
    if discarded:
        remove_discarded(database, folder, discarded)
    return database, folder


def _load_engines(
    database: Database, settings: Settings, clock: Clock
) -> tuple[EngineRegistry, str | None]:
    """The registry; without a readable file it knows no engine, and every licence is unclear."""
    try:
        terms = engines.read_engines_file(settings.engines_file, clock.now_us())
    except engines.UnreadableEngines as problem:
        return EngineRegistry((), ()), str(problem)
    database.write_now(lambda connection: engines.remember_terms(connection, terms, clock.now_us()))
    return database.read_now(lambda c: engines.load_registry(c, terms)), None


def create_app() -> Front:
    """The ASGI application, from the environment's settings. The server calls this in each worker."""
    settings = load_settings()
    set_up_logs(settings.log_level)
    instance = build_instance(settings, Clock())
    if instance.engines_problem:
        structlog.get_logger().error("engines_unreadable", problem=instance.engines_problem)
    return Front(instance, lambda: _running(instance))


@contextlib.asynccontextmanager
async def _running(instance: Instance) -> AsyncIterator[None]:
    """Between the server's start and its end."""
    # What is loaded by now lives as long as the process: the collector needn't look at it again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)
    housekeeping = asyncio.create_task(keep_house(instance))
    try:
        yield
    finally:
        housekeeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await housekeeping
        instance.close()
