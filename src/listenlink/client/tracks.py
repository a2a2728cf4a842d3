"""A client's methods for tracks: put them in, list them, change them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from listenlink.client.chunks import PieceSender
from listenlink.client.owner import Owner, as_thing
from listenlink.client.sending import WatchedFile, nobody, trying
from listenlink.client.types import Engine, SavedTrack, Track

# Above this a file goes in pieces, so that a line that breaks costs no more than the last of them.
PIECES_ABOVE_BYTES = 32 * 1024 * 1024
_TIMEOUT_SECONDS = 300.0


class TrackMethods(Owner):
    """One's library."""

    def tracks(
        self,
        *,
        mode: str | None = None,
        engine: str | None = None,
        collection_id: str | None = None,
    ) -> Iterator[Track]:
        """All tracks, or those that are wanted, newest first."""
        path = self.path_of("tracks")
        return self.pages(path, Track, mode=mode, engine=engine, collection_id=collection_id)

    def track(self, track_id: str) -> Track:
        """One of them, with a fresh playback URL."""
        return as_thing(self.get(self.path_of("tracks", track_id)), Track)

    def upload(
        self, path: Path, *, engine: str, progress: Callable[[int], None] = nobody, **facts: str
    ) -> Track:
        """Put a file in; `facts` may be `title`, `artist`, `mode` and `instrumental`.

        It's sent again, without making a second track, where the server was away or busy. A large
        file goes in pieces. `progress` is told how many bytes are sent. Raises OSError besides.
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
        """Put a file in by tus 1.0. `begun` is told the upload's path, with which another call goes
        on later; where it's gone by then, this begins anew."""
        sender = PieceSender(self, path, progress)
        if upload_path is None or not sender.is_there(upload_path):
            upload_path = sender.begin(self.path_of("uploads"), facts)
            begun(upload_path)
        return as_thing(sender.send_all(upload_path), Track)

    def change_track(self, track_id: str, **changes: Any) -> Track:
        """Change `title`, `artist` or `instrumental`."""
        return as_thing(self.patch(self.path_of("tracks", track_id), json=changes), Track)

    def delete_track(self, track_id: str) -> None:
        """Delete a track, for everybody."""
        self.delete(self.path_of("tracks", track_id))

    def keep_track(self, track_id: str) -> SavedTrack:
        """Put a track of one's own back into the library."""
        return as_thing(self.post(self.path_of("tracks", track_id, "save")), SavedTrack)

    def take_out(self, track_id: str) -> None:
        """Take a track out of the library."""
        self.delete(self.path_of("tracks", track_id, "save"))

    def engines(self) -> Iterator[Engine]:
        """The engines whose licence is known."""
        return self.pages(self.path_of("engines"), Engine)
