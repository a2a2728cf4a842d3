"""The only place where parts are wired together: from settings to an instance and its web application."""

from __future__ import annotations

from typing import NamedTuple

import structlog

from listenlink import parts
from listenlink.actions.create_instance import check_instance
from listenlink.actions.download_track import TrackDownloader
from listenlink.actions.draw_preview import PreviewDrawer
from listenlink.actions.find_instance import (
    find_mailman,
    load_link_ring,
    load_ring,
    locate_database,
)
from listenlink.actions.find_marking_key import find_marking_key
from listenlink.actions.give_cover import CoverGiver
from listenlink.actions.make_once import OnceMaker
from listenlink.actions.note_key_use import KeyUses
from listenlink.actions.open_link import LinkOpener
from listenlink.actions.opening.pseudonyms import Pseudonyms
from listenlink.actions.opening.rate_limits import RateLimits
from listenlink.actions.opening.session_clients import bound_sessions
from listenlink.actions.opening.unlocking import LinkUnlocker
from listenlink.actions.play_track import TrackPlayer
from listenlink.actions.promise_bytes import PromiseMaker
from listenlink.actions.read_cover import CoverReader
from listenlink.actions.show_link import LinkPresenter
from listenlink.actions.show_page import PageShower
from listenlink.actions.signing_in.asker import AccountAudit
from listenlink.actions.signing_in.bound_attempts import Attempts
from listenlink.actions.signing_in.use_passkey import Passkeys
from listenlink.actions.sum_files import FileSummer
from listenlink.actions.take_archive import ArchiveTaker
from listenlink.actions.telling.mail_digests import DigestMailer
from listenlink.actions.telling.send_deliveries import DeliverySender
from listenlink.actions.tus_upload import TusUploads
from listenlink.actions.upload_track import TrackUploader
from listenlink.actions.watch_links import LinkWatcher
from listenlink.capacity import Capacity, current_capacity
from listenlink.clock import Clock
from listenlink.logs import set_up_logs
from listenlink.media.archive_url import make_archive_urls
from listenlink.media.measure import Probe
from listenlink.media.picture_url import PURPOSE as PICTURE_PURPOSE
from listenlink.media.picture_url import PictureUrls
from listenlink.media.signed_url import PlaybackUrls
from listenlink.media.turns import Spending, Turns
from listenlink.model.cursor import Cursors
from listenlink.model.leave_address import PURPOSE as LEAVE_PURPOSE
from listenlink.model.leave_address import LeaveAddresses
from listenlink.model.licence import EngineRegistry
from listenlink.model.listen_session import PURPOSE as SESSION_PURPOSE
from listenlink.model.mail_message import Written
from listenlink.model.sealing import Sealer, TokenSealer, WebhookSealer
from listenlink.model.signing import Signer, SigningKey
from listenlink.model.telling import Digest
from listenlink.model.unlock import PURPOSE as UNLOCK_PURPOSE
from listenlink.model.visit_ticket import PURPOSE as VISIT_PURPOSE
from listenlink.model.visit_ticket import VisitTickets
from listenlink.outbound.mail import MailMan
from listenlink.running.derive_audio import AudioDeriver
from listenlink.running.desk import Desk
from listenlink.running.instance import Instance, Running
from listenlink.running.listening import Listening
from listenlink.running.mark_audio import AudioMarker
from listenlink.running.owning import Owning
from listenlink.running.readiness import Check, Readiness, mail_check, marks_check
from listenlink.running.teller import Teller
from listenlink.secret_keys import DayKeys
from listenlink.settings import Settings, load_settings
from listenlink.store.opening.playback import PlaybackReader
from listenlink.web.front import Front
from listenlink.web.pages.mail_words import digest_mail
from listenlink.web.pages.notice_words import notice_sentence
from listenlink.web.running import running


class _Base(NamedTuple):
    """What more than one group is made of."""

    settings: Settings
    clock: Clock
    ring: tuple[SigningKey, ...]
    link_ring: tuple[SigningKey, ...]
    stores: parts.Stores
    registry: EngineRegistry
    urls: PlaybackUrls
    covers: CoverReader
    archives: ArchiveTaker
    leave_addresses: LeaveAddresses
    mailman: MailMan | None
    spending: Spending


def build_instance(settings: Settings, clock: Clock) -> Instance:
    """Assemble an instance according to the settings.

    Raises RefusesToStart if there is none, or if its keys or its bucket's can't be used for signing.
    """
    check_instance(settings)
    ring, location = load_ring(settings), locate_database(settings)
    stores = parts.open_stores(location, settings, clock)
    database, storage, _ = stores
    limits, daily_keys = parts.open_shared(settings, ring, clock)
    timekeeper = parts.keep_time(location, database, clock, limits)
    keys = parts.compare_keys(ring, database)
    registry, engines_problem = parts.load_engines(database, settings, clock)
    renewing = bound_sessions(database, settings.session_clients, ring)
    names, with_objects = Pseudonyms(daily_keys), storage.urls is not None
    opener, reader = parts.open_doors(location, limits, names, settings, renewing, with_objects)
    opener.unlocker = LinkUnlocker(database, limits, ring, settings.session_ttl_seconds)
    maker, cover_maker = parts.make_makers()
    urls, covers = parts.make_urls(settings.base_url, ring), CoverReader(storage, cover_maker)
    link_ring, mailman = load_link_ring(settings), find_mailman(settings)
    archives, leaving = _archives(settings, ring, stores), _leaving(settings, ring, link_ring)
    base = _Base(
        settings, clock, ring, link_ring, stores, registry, urls, covers, archives, leaving, mailman,
        Spending(),
    )  # fmt: skip
    promises = parts.make_promises(database, storage, settings, clock)
    (deriver, marker), capacity = _deriver_and_marker(base, promises), current_capacity()
    checks = parts.list_checks(settings, stores, ring, keys, limits, engines_problem, timekeeper)
    readiness = Readiness(clock, [*checks, marks_check(marker), *_mail_checks(mailman)])
    return Instance(
        _listening(base, limits, opener, reader, maker, capacity),
        _owning(base, promises, deriver, marker),
        _desk(base, daily_keys, readiness, marker),
        Running(
            settings=settings, clock=clock, database=database, storage=storage, capacity=capacity,
            reader=reader, daily_keys=daily_keys, engines_problem=engines_problem, deriver=deriver,
            marker=marker, keys=keys, readiness=readiness, timekeeper=timekeeper, teller=_teller(base),
            mailman=mailman,
        ),
    )  # fmt: skip


def _deriver_and_marker(base: _Base, promises: PromiseMaker) -> tuple[AudioDeriver, AudioMarker]:
    (database, storage, _), clock, spending = base.stores, base.clock, base.spending
    key = find_marking_key(base.settings, clock.now_us())
    deriver = AudioDeriver(database, storage, clock, promises, spending)
    return deriver, AudioMarker(database, storage, base.registry, clock, key, spending)


def _mail_checks(mailman: MailMan | None) -> list[Check]:
    return [] if mailman is None else [mail_check(mailman)]


def _leaving(
    settings: Settings, ring: tuple[SigningKey, ...], link_ring: tuple[SigningKey, ...]
) -> LeaveAddresses:
    # Link keys outlive the others: who finds an old mail can leave by it.
    return LeaveAddresses(settings.base_url, Signer((*link_ring, *ring), LEAVE_PURPOSE))


def _archives(
    settings: Settings, ring: tuple[SigningKey, ...], stores: parts.Stores
) -> ArchiveTaker:
    urls = make_archive_urls(settings.base_url, ring)
    summer = FileSummer(stores.database, stores.storage)
    return ArchiveTaker(stores.database, urls, summer, settings.playback_ttl_seconds)


def _listening(
    base: _Base,
    limits: RateLimits,
    opener: LinkOpener,
    reader: PlaybackReader,
    maker: OnceMaker,
    capacity: Capacity,
) -> Listening:
    settings, clock, ring, _, (database, storage, _), registry, urls, covers, archives, *_ = base
    player, ttl_seconds = TrackPlayer(urls, reader), settings.playback_ttl_seconds
    return Listening(
        settings=settings, clock=clock, database=database, storage=storage, limits=limits,
        opener=opener, presenter=LinkPresenter(urls, registry, ttl_seconds, storage.urls),
        players=parts.open_player_sessions(settings, ring), player=player,
        downloader=TrackDownloader(database, player, urls, storage.urls, ttl_seconds),
        archives=archives, urls=urls, maker=maker, pages=PageShower(database, registry, maker),
        pictures=PictureUrls(Signer(ring, PICTURE_PURPOSE)), covers=covers,
        previewer=PreviewDrawer(storage, settings.data / "previews"),
        watcher=LinkWatcher(database, clock, capacity.event_streams),
        session_signer=Signer(ring, SESSION_PURPOSE),
        unlock_signer=Signer(ring, UNLOCK_PURPOSE), tickets=VisitTickets(Signer(ring, VISIT_PURPOSE)),
        leave_addresses=base.leave_addresses,
    )  # fmt: skip


def _owning(
    base: _Base, promises: PromiseMaker, deriver: AudioDeriver, marker: AudioMarker
) -> Owning:
    settings, clock, ring, _, stores, registry, urls, covers, archives, *_, spending = base
    (database, storage, resumable), most_bytes = stores, settings.max_upload_bytes
    probe = Probe(Turns(spending=spending), max_seconds=settings.max_audio_seconds)

    def wake() -> None:
        deriver.wake()
        marker.wake()

    uploader = TrackUploader(database, storage, probe, registry, clock, wake)
    return Owning(
        settings=settings, clock=clock, database=database, storage=storage, registry=registry,
        urls=urls, archives=archives, covers=covers, uploader=uploader, promises=promises,
        sealer=Sealer(ring), cover_giver=CoverGiver(database, storage, promises, spending),
        cursors=Cursors(ring), token_sealer=TokenSealer(base.link_ring),
        webhook_sealer=WebhookSealer(base.link_ring),
        resumer=TusUploads(database, storage.drafts, resumable, uploader, most_bytes, promises),
        key_uses=KeyUses(),
    )  # fmt: skip


def _desk(base: _Base, daily_keys: DayKeys, readiness: Readiness, marker: AudioMarker) -> Desk:
    settings, database, ring = base.settings, base.stores.database, base.ring
    return Desk(
        settings=settings, clock=base.clock, database=database, registry=base.registry,
        readiness=readiness, attempts=Attempts(database, ring), audit=AccountAudit(daily_keys),
        passkeys=Passkeys(database, settings.desk_url, ring), mailman=base.mailman, marker=marker,
    )  # fmt: skip


def _teller(base: _Base) -> Teller:
    settings, database, clock = base.settings, base.stores.database, base.clock
    sealer, networks = WebhookSealer(base.link_ring), settings.outbound_networks
    sender = DeliverySender(database, sealer, clock, notice_sentence, networks)
    if base.mailman is None:
        return Teller(database, clock, sender)
    links_url, leave_url = settings.desk_url + "/desk/links", base.leave_addresses.write

    def write(digest: Digest) -> Written:
        return digest_mail(digest, links_url, leave_url(digest.owner))

    mailer = DigestMailer(database, clock, base.mailman, write, leave_url)
    return Teller(database, clock, sender, mailer)


def create_app() -> Front:
    """The ASGI application, set up from the environment. The server calls this in each worker."""
    settings = load_settings()
    set_up_logs(settings.log_level)
    instance = build_instance(settings, Clock())
    if problem := instance.running.engines_problem:
        structlog.get_logger().error("engines_unreadable", problem=problem)
    front = Front(instance, lambda: running(instance, front))
    return front
