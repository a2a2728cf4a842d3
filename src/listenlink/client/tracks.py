"""The client's methods for tracks: upload them, list them, change them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from listenlink.client.chunks import PieceSender
from listenlink.client.owner import Owner, as_thing
from listenlink.client.sending import WatchedFile, nobody, trying
from listenlink.client.types import Engine, SavedTrack, Track

# Above this a file is sent in pieces, so that a broken connection costs no more than the last of them.
PIECES_ABOVE_BYTES = 32 * 1024 * 1024
_TIMEOUT_SECONDS = 300.0


class TrackMethods(Owner):
    """Methods for your library."""

    def tracks(
        self,
        *,
        mode: str | None = None,
        engine: str | None = None,
        collection_id: str | None = None,
    ) -> Iterator[Track]:
        """All tracks, or those that match, newest first."""
        path = self.path_of("tracks")
        return self.pages(path, Track, mode=mode, engine=engine, collection_id=collection_id)

    def track(self, track_id: str) -> Track:
        """One track, with a fresh playback URL."""
        return as_thing(self.get(self.path_of("tracks", track_id)), Track)

    def upload(
        self, path: Path, *, engine: str, progress: Callable[[int], None] = nobody, **facts: str
    ) -> Track:
        """Upload a file; `facts` may be `title`, `artist`, `mode` and `instrumental`.

        If the server is away or busy, it's sent again, without making a second track. A large file is
        sent in pieces. `progress` is called with the number of bytes sent. May also raise OSError.
        """
        facts["engine"] = engine
        if path.stat().st_size > PIECES_ABOVE_BYTES:
            return self.upload_in_pieces(path, facts, progress=progress)
        key = secrets.token_hex(16)

        def send() -> Any:
            with path.open("rb") as source:
                return self.post(
                    self.path_of("tracks"),
                    data=facts,
                    files={"file": (path.name, WatchedFile(source, progress))},
                    headers={"Idempotency-Key": key},
                    timeout=_TIMEOUT_SECONDS,
                )

        return as_thing(trying(send), Track)

    def upload_in_pieces(
        self,
        path: Path,
        facts: dict[str, str],
        *,
        upload_path: str | None = None,
        begun: Callable[[str], None] = nobody,
        progress: Callable[[int], None] = nobody,
    ) -> Track:
        """Upload a file by tus 1.0. `begun` is called with the upload's path, with which a later call can
        resume; if the upload is gone by then, that call starts again."""
        sender = PieceSender(self, path, progress)
        if upload_path is None or not sender.is_there(upload_path):
            upload_path = sender.begin(self.path_of("uploads"), facts)
            begun(upload_path)
        return as_thing(sender.send_all(upload_path), Track)

    def change_track(self, track_id: str, **changes: Any) -> Track:
        """Change `title`, `artist` or `instrumental`."""
        return as_thing(self.patch(self.path_of("tracks", track_id), json=changes), Track)

    def delete_track(self, track_id: str) -> None:
        """Delete a track for everybody."""
        self.delete(self.path_of("tracks", track_id))

    def keep_track(self, track_id: str) -> SavedTrack:
        """Put a track of your own back into your library."""
        return as_thing(self.post(self.path_of("tracks", track_id, "save")), SavedTrack)

    def take_out(self, track_id: str) -> None:
        """Take a track out of your library."""
        self.delete(self.path_of("tracks", track_id, "save"))

    def engines(self) -> Iterator[Engine]:
        """The engines whose licences are known."""
        return self.pages(self.path_of("engines"), Engine)
