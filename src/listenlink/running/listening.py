"""What anybody's requests reach."""

from __future__ import annotations

from dataclasses import dataclass

from listenlink.actions.download_track import TrackDownloader
from listenlink.actions.draw_preview import PreviewDrawer
from listenlink.actions.make_once import OnceMaker
from listenlink.actions.open_link import LinkOpener
from listenlink.actions.opening.player_sessions import PlayerSessions
from listenlink.actions.opening.rate_limits import RateLimits
from listenlink.actions.play_track import TrackPlayer
from listenlink.actions.read_cover import CoverReader
from listenlink.actions.show_link import LinkPresenter
from listenlink.actions.show_page import PageShower
from listenlink.actions.take_archive import ArchiveTaker
from listenlink.actions.watch_links import LinkWatcher
from listenlink.clock import Clock
from listenlink.media.picture_url import PictureUrls
from listenlink.media.signed_url import PlaybackUrls
from listenlink.media.storage import Storage
from listenlink.model.leave_address import LeaveAddresses
from listenlink.model.signing import Signer
from listenlink.model.visit_ticket import VisitTickets
from listenlink.settings import Settings
from listenlink.store.database.database import Database


@dataclass(frozen=True, slots=True)
class Listening:
    """What anybody's requests need. `maker` writes the pages that are the same for everybody."""

    settings: Settings
    clock: Clock
    database: Database
    storage: Storage
    limits: RateLimits
    opener: LinkOpener
    presenter: LinkPresenter
    players: PlayerSessions
    player: TrackPlayer
    downloader: TrackDownloader
    archives: ArchiveTaker
    urls: PlaybackUrls
    maker: OnceMaker
    pages: PageShower
    pictures: PictureUrls
    covers: CoverReader
    previewer: PreviewDrawer
    watcher: LinkWatcher
    session_signer: Signer
    unlock_signer: Signer
    tickets: VisitTickets
    leave_addresses: LeaveAddresses
