"""What the requests of those who come with a key reach."""

from __future__ import annotations

from dataclasses import dataclass

from listenlink.actions.give_cover import CoverGiver
from listenlink.actions.note_key_use import KeyUses
from listenlink.actions.promise_bytes import PromiseMaker
from listenlink.actions.read_cover import CoverReader
from listenlink.actions.take_archive import ArchiveTaker
from listenlink.actions.tus_upload import TusUploads
from listenlink.actions.upload_track import TrackUploader
from listenlink.clock import Clock
from listenlink.media.signed_url import PlaybackUrls
from listenlink.media.storage import Storage
from listenlink.model.cursor import Cursors
from listenlink.model.licence import EngineRegistry
from listenlink.model.revocation import Revocation, revocation
from listenlink.model.sealing import Sealer, TokenSealer, WebhookSealer
from listenlink.settings import Settings
from listenlink.store.database.database import Database


@dataclass(frozen=True, slots=True)
class Owning:
    """What those need who come with a key."""

    settings: Settings
    clock: Clock
    database: Database
    storage: Storage
    registry: EngineRegistry
    urls: PlaybackUrls
    archives: ArchiveTaker
    covers: CoverReader
    cover_giver: CoverGiver
    uploader: TrackUploader
    resumer: TusUploads
    promises: PromiseMaker
    sealer: Sealer
    cursors: Cursors
    token_sealer: TokenSealer
    webhook_sealer: WebhookSealer
    key_uses: KeyUses

    @property
    def revocation(self) -> Revocation:
        """What revoking a link does to whoever is listening, with this storage."""
        settings = self.settings
        if self.storage.urls is not None:
            return revocation(settings.playback_ttl_seconds, sends_itself=False)
        return revocation(0, sends_itself=settings.accel_prefix is None)
