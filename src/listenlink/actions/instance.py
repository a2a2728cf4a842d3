"""What one running Listenlink is made of. `app.py` puts it together; doors take what they need."""

from __future__ import annotations

from dataclasses import dataclass

from listenlink.actions.compare_keys import KeyComparison
from listenlink.actions.derive_audio import AudioDeriver
from listenlink.actions.draw_preview import PreviewDrawer
from listenlink.actions.limit_clients import ClientLimits
from listenlink.actions.open_link import LinkOpener
from listenlink.actions.play_track import TrackPlayer
from listenlink.actions.show_link import LinkPresenter
from listenlink.actions.show_page import PageShower
from listenlink.actions.upload_track import TrackUploader
from listenlink.actions.watch_links import LinkWatcher
from listenlink.clock import Clock
from listenlink.media.folder import Folder
from listenlink.media.open_objects import OpenObjects
from listenlink.media.picture_url import PictureUrls
from listenlink.media.signed_url import PlaybackUrls
from listenlink.model.licence import EngineRegistry
from listenlink.model.sealing import Sealer
from listenlink.model.signing import Signer
from listenlink.secret_keys import DayKeys
from listenlink.settings import Settings
from listenlink.store.database import Database
from listenlink.store.playback import PlaybackReader


@dataclass(frozen=True, slots=True)
class Instance:
    """The parts. `engines_problem` says why the engine file can't be read, if it can't: every
    licence then is told as unclear."""

    settings: Settings
    clock: Clock
    database: Database
    folder: Folder
    open_objects: OpenObjects
    reader: PlaybackReader
    daily_keys: DayKeys
    registry: EngineRegistry
    engines_problem: str | None
    limits: ClientLimits
    opener: LinkOpener
    presenter: LinkPresenter
    player: TrackPlayer
    uploader: TrackUploader
    deriver: AudioDeriver
    urls: PlaybackUrls
    pages: PageShower
    pictures: PictureUrls
    previewer: PreviewDrawer
    watcher: LinkWatcher
    session_signer: Signer
    sealer: Sealer
    keys: KeyComparison

    def close(self) -> None:
        """End its threads and connections."""
        self.opener.close()
        self.reader.close()
        self.limits.close()
        self.database.close()
        self.folder.stop_serving()
