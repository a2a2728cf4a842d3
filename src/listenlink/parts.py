"""The parts of an instance that depend on its settings: database, storage, limits, keys, checks.

`app.py` puts them together; nothing else makes them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from listenlink.actions.find_instance import daily_folder
from listenlink.actions.make_once import OnceMaker
from listenlink.actions.manage_tracks import remove_discarded
from listenlink.actions.open_link import LinkOpener
from listenlink.actions.opening.player_sessions import PlayerSessions
from listenlink.actions.opening.pseudonyms import Pseudonyms
from listenlink.actions.opening.rate_limits import OwnRateLimits, RateLimits
from listenlink.actions.opening.rule import Opening, OpenRequest
from listenlink.actions.opening.session_clients import SessionClients
from listenlink.actions.opening.transaction import OpenKeeper
from listenlink.actions.promise_bytes import PromiseMaker
from listenlink.actions.promise_rules import PromiseRules
from listenlink.clock import DAY_US, Clock
from listenlink.media.choose_storage import choose_storage
from listenlink.media.disk.resumable_drafts import ResumableDrafts
from listenlink.media.signed_url import (
    DOWNLOAD_PURPOSE,
    OWN_DOWNLOAD_PURPOSE,
    OWN_PURPOSE,
    SHARED_PURPOSE,
    PlaybackUrls,
)
from listenlink.media.storage import Storage
from listenlink.model.budget import Budget
from listenlink.model.licence import EngineRegistry
from listenlink.model.shelf import Shelf
from listenlink.model.signing import Signer, SigningKey, derive
from listenlink.running.node_keys import NodeKeys
from listenlink.running.readiness import (
    Check,
    database_check,
    engines_check,
    keys_check,
    limits_check,
    storage_check,
)
from listenlink.running.timekeeper import Timekeeper
from listenlink.secret_keys import DailyKeys, DayKeys
from listenlink.settings import Settings
from listenlink.store import engines, resumable_uploads, stored_objects, tracks, usage
from listenlink.store.audit import day_tables
from listenlink.store.database.database import Database
from listenlink.store.database.location import DatabaseLocation
from listenlink.store.database.postgres import BATCHES
from listenlink.store.opening.group_commit import GroupCommit
from listenlink.store.opening.playback import PlaybackReader, SqlitePlaybackReader
from listenlink.store.opening.sqlite_adding import Adding

_KEPT_BYTES = 32 * 1024 * 1024


class Stores(NamedTuple):
    """Where things are stored. `resumable` are the drafts of uploads that arrive in pieces."""

    database: Database
    storage: Storage
    resumable: ResumableDrafts


def open_stores(location: DatabaseLocation, settings: Settings, clock: Clock) -> Stores:
    """Open the database, upgraded to this version's tables, and the storage, cleared of a crash's remains.

    Raises RefusesToStart if the database can't be reached, or the bucket's keys can't be used for signing.
    """
    storage = choose_storage(settings, os.environ)
    location.upgrade()
    database = location.open(serves=True)
    with location.telling():
        database.write_now(lambda connection: day_tables.make_days(connection, clock.now_us()))
        database.write_now(usage.count_uncounted)
    storage.share_lock(database.publishing)
    resumable = ResumableDrafts(settings.data, storage.room)

    def is_arriving(file: Path) -> bool:
        number = resumable.number_of(file)
        return number is not None and database.read_now(
            lambda connection: resumable_uploads.is_arriving(connection, number)
        )

    storage.start_serving(
        lambda digest: database.read_now(
            lambda connection: tracks.is_object_kept(connection, digest)
        ),
        is_arriving,
    )
    if not storage.has_leftovers:  # A bucket is seen to after startup (running/housekeeping.py).
        remove_discarded(database, storage, database.read_now(stored_objects.list_discarded))
    return Stores(database, storage, resumable)


def make_promises(
    database: Database, storage: Storage, settings: Settings, clock: Clock
) -> PromiseMaker:
    """What is asked before bytes are written, by the bounds that the settings name."""
    rules = PromiseRules(storage, settings.max_begun_uploads, settings.max_begun_bytes)
    return PromiseMaker(database, rules, clock)


def open_shared(
    settings: Settings, ring: Sequence[SigningKey], clock: Clock
) -> tuple[RateLimits, DayKeys]:
    """The limits and the days' keys, shared by several processes through Redis, or one process's own."""
    own = OwnRateLimits(settings.resolve_limit_per_minute, settings.miss_limit_per_minute)
    days = DailyKeys(daily_folder(settings))
    if settings.redis_url is None:
        return own, days
    # Imported here, so that a process on its own needn't wait for Redis's client to load.
    from listenlink.actions.opening.redis_rate_limits import RedisRateLimits
    from listenlink.store.redis.redis_days import RedisDayKeys
    from listenlink.store.redis.redis_log import PURPOSE, RedisLog, open_redis

    redis = open_redis(settings.redis_url.get_secret_value())
    shared_days = RedisDayKeys(redis, days)
    shared_days.prepare(clock.now_us() // DAY_US)
    if not own.sizes[Budget.RESOLVE]:
        return own, shared_days
    # While keys are being replaced, taking the lowest id lets all nodes agree for as long as possible.
    secret = derive(min(ring, key=lambda key: key.key_id).root, PURPOSE)
    log = RedisLog(redis, own.sizes, secret)
    return RedisRateLimits(own, log, clock), shared_days


def open_player_sessions(settings: Settings, ring: Sequence[SigningKey]) -> PlayerSessions:
    """The sessions of media players, shared by several processes through Redis, or one process's own."""
    if settings.redis_url is None:
        return PlayerSessions()
    from listenlink.store.redis.redis_log import open_redis
    from listenlink.store.redis.redis_sessions import PURPOSE, RedisSessions

    secret = derive(min(ring, key=lambda key: key.key_id).root, PURPOSE)
    redis = open_redis(settings.redis_url.get_secret_value())
    return PlayerSessions(RedisSessions(redis, secret))


def open_doors(
    location: DatabaseLocation,
    limits: RateLimits,
    names: Pseudonyms,
    settings: Settings,
    renewing: SessionClients | None,
    with_objects: bool,
) -> tuple[LinkOpener, PlaybackReader]:
    """What is too frequent to go through ordinary queries: opening, and playback's point reads."""
    if location.url is not None:
        return _open_postgres_doors(location.url, limits, names, settings, renewing, with_objects)
    ttl_seconds, path = settings.session_ttl_seconds, location.path
    keeper = OpenKeeper(limits, names, ttl_seconds, adding=Adding(path), with_objects=with_objects)
    queue: GroupCommit[OpenRequest | None, Opening | None] = GroupCommit(
        path, keeper.run_now, keeper.undo, keeper.done
    )
    return LinkOpener(keeper, queue, renewing), SqlitePlaybackReader(path)


def _open_postgres_doors(
    url: str,
    limits: RateLimits,
    names: Pseudonyms,
    settings: Settings,
    renewing: SessionClients | None,
    with_objects: bool,
) -> tuple[LinkOpener, PlaybackReader]:
    # Imported here, because the embedded database does without the driver.
    from listenlink.store.opening.connections import Connections
    from listenlink.store.opening.postgres_group import PostgresGroup
    from listenlink.store.opening.postgres_playback import PostgresPlaybackReader

    ttl_seconds = settings.session_ttl_seconds
    # Separate connections: neither opens nor playback can take the other's.
    connections = Connections(url, BATCHES)
    keeper = OpenKeeper(limits, names, ttl_seconds, connections, with_objects=with_objects)
    reader = PostgresPlaybackReader(Connections(url, BATCHES))
    return LinkOpener(keeper, PostgresGroup(keeper.run), renewing), reader


def load_engines(
    database: Database, settings: Settings, clock: Clock
) -> tuple[EngineRegistry, str | None]:
    """The engine registry, and what is wrong with its file. If that can't be read, the registry knows no
    engine, and every licence is unclear."""
    try:
        terms = engines.read_engines_file(settings.engines_file, clock.now_us())
    except engines.UnreadableEngines as problem:
        return EngineRegistry((), ()), str(problem)
    database.write_now(lambda connection: engines.remember_terms(connection, terms, clock.now_us()))
    return database.read_now(lambda c: engines.load_registry(c, terms)), None


def make_urls(base_url: str, ring: Sequence[SigningKey]) -> PlaybackUrls:
    """The playback URLs that this server answers itself."""
    purposes = (SHARED_PURPOSE, OWN_PURPOSE, DOWNLOAD_PURPOSE, OWN_DOWNLOAD_PURPOSE)
    return PlaybackUrls(base_url, *(Signer(ring, purpose) for purpose in purposes))


def make_makers() -> tuple[OnceMaker, OnceMaker]:
    """One maker for pages and one for covers, on a common shelf, so with one bound for the process.

    A page of 500 tracks takes 0.8 MB. Rendering competes with opens for the interpreter, so only two pages
    are rendered at a time: with one, a page of one track would have to wait for a page of 500.
    """
    shelf = Shelf(_KEPT_BYTES, _KEPT_BYTES // 8)
    return OnceMaker(shelf, 2, most_waiting=32), OnceMaker(shelf, 4, most_waiting=64)


def compare_keys(ring: Sequence[SigningKey], database: Database) -> NodeKeys:
    """Compare the signing keys with the other nodes' for the first time, and return them."""
    keys = NodeKeys(ring)
    keys.compare_now(database)
    return keys


def keep_time(
    location: DatabaseLocation, database: Database, clock: Clock, limits: RateLimits
) -> Timekeeper:
    """Let the clock begin no earlier than the instance was served before, and return what keeps it so."""
    keeper = Timekeeper(clock, database, limits)
    with location.telling():
        keeper.keep_now()
    return keeper


def list_checks(
    settings: Settings,
    stores: Stores,
    ring: Sequence[SigningKey],
    keys: NodeKeys,
    limits: RateLimits,
    engines_problem: str | None,
    timekeeper: Timekeeper,
) -> list[Check]:
    """What must hold for an instance to be ready, in the order `/readyz` reports it."""
    return [
        database_check(stores.database),
        storage_check(stores.storage),
        keys_check(settings, ring, keys),
        limits_check(limits),
        engines_check(engines_problem),
        timekeeper.check(),
    ]
