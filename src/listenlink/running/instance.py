"""What one running Listenlink is made of. `app.py` puts it together; endpoints take what they need."""

from __future__ import annotations

from dataclasses import dataclass, field

from listenlink.actions.draw_preview import PreviewDrawer
from listenlink.actions.make_once import OnceMaker
from listenlink.actions.open_link import LinkOpener
from listenlink.actions.opening.player_sessions import PlayerSessions
from listenlink.actions.opening.rate_limits import RateLimits
from listenlink.actions.play_track import TrackPlayer
from listenlink.actions.promise_bytes import PromiseMaker
from listenlink.actions.show_link import LinkPresenter
from listenlink.actions.show_page import PageShower
from listenlink.actions.tus_upload import TusUploads
from listenlink.actions.upload_track import TrackUploader
from listenlink.actions.watch_links import LinkWatcher
from listenlink.capacity import Capacity
from listenlink.clock import Clock
from listenlink.media.folder.open_files import OpenFiles
from listenlink.media.picture_url import PictureUrls
from listenlink.media.signed_url import PlaybackUrls
from listenlink.media.storage import MediaUrls, Storage
from listenlink.model.licence import EngineRegistry
from listenlink.model.revocation import Revocation, revocation
from listenlink.model.sealing import Sealer, TokenSealer
from listenlink.model.signing import Signer
from listenlink.model.visit_ticket import VisitTickets
from listenlink.running.derive_audio import AudioDeriver
from listenlink.running.node_keys import NodeKeys
from listenlink.running.readiness import Readiness
from listenlink.running.shutdown import Presence
from listenlink.running.timekeeper import Timekeeper
from listenlink.secret_keys import DayKeys
from listenlink.settings import Settings
from listenlink.store.database.database import Database
from listenlink.store.opening.playback import PlaybackReader


@dataclass(slots=True)
class Ages:
    """What the last round of retention found: how many audit lines there are from a clock that was ahead."""

    lines_ahead: int = 0


@dataclass(frozen=True, slots=True)
class Instance:
    """The parts. `folder` is where audio is stored, even in a bucket; `media_urls` are URLs that bypass
    this server, None if it sends audio itself. `engines_problem` says why the engine file can't be
    read, if it can't: every licence is then reported as unclear. `maker` writes pages, `covers` reads
    stored pictures. `presence` is whether this process is shutting down, `capacity` how many
    connections it takes."""

    settings: Settings
    clock: Clock
    capacity: Capacity
    database: Database
    folder: Storage
    media_urls: MediaUrls | None
    open_files: OpenFiles
    reader: PlaybackReader
    daily_keys: DayKeys
    registry: EngineRegistry
    engines_problem: str | None
    limits: RateLimits
    players: PlayerSessions
    opener: LinkOpener
    presenter: LinkPresenter
    player: TrackPlayer
    uploader: TrackUploader
    resumer: TusUploads
    promises: PromiseMaker
    deriver: AudioDeriver
    urls: PlaybackUrls
    maker: OnceMaker
    covers: OnceMaker
    pages: PageShower
    pictures: PictureUrls
    previewer: PreviewDrawer
    watcher: LinkWatcher
    session_signer: Signer
    tickets: VisitTickets
    sealer: Sealer
    token_sealer: TokenSealer
    keys: NodeKeys
    readiness: Readiness
    timekeeper: Timekeeper
    presence: Presence = field(default_factory=Presence)
    ages: Ages = field(default_factory=Ages)

    @property
    def revocation(self) -> Revocation:
        """What revoking a link does to whoever is listening, with this storage."""
        settings = self.settings
        if self.media_urls is not None:
            return revocation(settings.playback_ttl_seconds, sends_itself=False)
        return revocation(0, sends_itself=settings.accel_prefix is None)

    def close(self) -> None:
        """End its threads and connections."""
        self.opener.close()
        self.reader.close()
        self.limits.close()
        self.players.close()
        self.database.close()
        self.folder.stop_serving()
