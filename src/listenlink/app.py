"""The only wiring place: settings in, a running instance and its web application out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import structlog

from listenlink.actions.check_readiness import (
    Check,
    Readiness,
    database_check,
    engines_check,
    keys_check,
    storage_check,
)
from listenlink.actions.create_instance import SECRETS, is_instance
from listenlink.actions.derive_audio import AudioDeriver
from listenlink.actions.draw_preview import PreviewDrawer
from listenlink.actions.instance import Instance
from listenlink.actions.limit_clients import make_limits
from listenlink.actions.manage_tracks import remove_discarded
from listenlink.actions.name_clients import ClientNames
from listenlink.actions.open_link import LinkOpener
from listenlink.actions.play_track import TrackPlayer
from listenlink.actions.resume_upload import UploadResumer
from listenlink.actions.show_link import LinkPresenter
from listenlink.actions.show_page import PageShower
from listenlink.actions.upload_track import TrackUploader
from listenlink.actions.watch_links import LinkWatcher
from listenlink.clock import Clock
from listenlink.errors import RefusesToStart
from listenlink.logs import set_up_logs
from listenlink.media.choose_storage import choose_storage
from listenlink.media.measure import Probe
from listenlink.media.open_objects import OpenObjects
from listenlink.media.picture_url import PURPOSE as PICTURE_PURPOSE
from listenlink.media.picture_url import PictureUrls
from listenlink.media.resumable_drafts import ResumableDrafts
from listenlink.media.signed_url import DOWNLOAD_PURPOSE, OWN_PURPOSE, SHARED_PURPOSE, PlaybackUrls
from listenlink.media.storage import MediaUrls, Storage
from listenlink.model.licence import EngineRegistry
from listenlink.model.listen_session import PURPOSE as SESSION_PURPOSE
from listenlink.model.sealing import Sealer
from listenlink.model.signing import Signer, SigningKey
from listenlink.secret_keys import DailyKeys, load_signing_keys
from listenlink.settings import Settings, load_settings
from listenlink.store import engines, resumable_uploads, tracks
from listenlink.store.database import Database
from listenlink.store.playback import PlaybackReader
from listenlink.store.sqlite import FILE_NAME, upgrade
from listenlink.web.front import Front
from listenlink.web.running import running

_PROBES_AT_ONCE = 2


def build_instance(settings: Settings, clock: Clock) -> Instance:
    """Put an instance together on the folder that the settings name. Raises RefusesToStart if there is
    none in it, or if its keys or its bucket's aren't fit to sign with."""
    ring = _load_ring(settings)
    path = settings.data / FILE_NAME
    database, folder, drafts, media_urls = _open_stores(path, settings)
    deriver = AudioDeriver(database, folder, clock)
    registry, engines_problem = _load_engines(database, settings, clock)
    reader = PlaybackReader(path)
    daily_keys = DailyKeys(settings.data / SECRETS / "daily")
    names = ClientNames(daily_keys)
    limits = make_limits(settings.resolve_limit_per_minute, settings.miss_limit_per_minute)
    uploader = TrackUploader(database, folder, _probe(settings), registry, deriver.wake)
    urls = _make_urls(settings.base_url, ring)
    return Instance(
        settings=settings,
        clock=clock,
        database=database,
        folder=folder,
        media_urls=media_urls,
        open_objects=OpenObjects(folder),
        reader=reader,
        daily_keys=daily_keys,
        registry=registry,
        engines_problem=engines_problem,
        limits=limits,
        opener=LinkOpener(path, limits, names, settings.session_ttl_seconds, bool(media_urls)),
        presenter=LinkPresenter(urls, registry, settings.playback_ttl_seconds, media_urls),
        player=TrackPlayer(urls, reader),
        uploader=uploader,
        resumer=UploadResumer(database, folder, drafts, uploader, settings.max_upload_bytes),
        deriver=deriver,
        urls=urls,
        pages=PageShower(database, registry),
        pictures=PictureUrls(Signer(ring, PICTURE_PURPOSE)),
        previewer=PreviewDrawer(folder, settings.data / "previews"),
        watcher=LinkWatcher(database, clock),
        session_signer=Signer(ring, SESSION_PURPOSE),
        sealer=Sealer(ring),
        readiness=Readiness(clock, _list_checks(settings, database, folder, ring, engines_problem)),
    )


def _load_ring(settings: Settings) -> tuple[SigningKey, ...]:
    if not is_instance(settings.data):
        raise RefusesToStart(
            f"{settings.data} isn't an instance; make one: listenlink init --data {settings.data}"
        )
    return load_signing_keys(settings.data / SECRETS)


def _probe(settings: Settings) -> Probe:
    return Probe(_PROBES_AT_ONCE, max_seconds=settings.max_audio_seconds)


def _list_checks(
    settings: Settings,
    database: Database,
    folder: Storage,
    ring: tuple[SigningKey, ...],
    engines_problem: str | None,
) -> list[Check]:
    """What must hold for an instance to be ready, in the order `/readyz` tells it."""
    return [
        database_check(database),
        storage_check(folder),
        keys_check(settings.data / SECRETS, ring),
        engines_check(engines_problem),
    ]


def _make_urls(base_url: str, ring: Sequence[SigningKey]) -> PlaybackUrls:
    purposes = (SHARED_PURPOSE, OWN_PURPOSE, DOWNLOAD_PURPOSE)
    return PlaybackUrls(base_url, *(Signer(ring, purpose) for purpose in purposes))


def _open_stores(
    path: Path, settings: Settings
) -> tuple[Database, Storage, ResumableDrafts, MediaUrls | None]:
    """The database, brought to this version's tables, and the storage, cleaned of what a crash left."""
    upgrade(path)
    folder, media_urls = choose_storage(settings, os.environ)
    database = Database(path)
    drafts = ResumableDrafts(settings.data)

    def is_arriving(file: Path) -> bool:
        number = drafts.number_of(file)
        return number is not None and database.read_now(
            lambda connection: resumable_uploads.is_arriving(connection, number)
        )

    folder.start_serving(
        lambda digest: database.read_now(
            lambda connection: tracks.is_object_kept(connection, digest)
        ),
        is_arriving,
    )
    if not folder.has_leftovers:  # A bucket is seen to behind the start (actions/keep_house.py).
        remove_discarded(database, folder, database.read_now(tracks.list_discarded_audio))
    return database, folder, drafts, media_urls


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
    front = Front(instance, lambda: running(instance, front))
    return front
