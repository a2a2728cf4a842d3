"""The client's methods for tracks: upload them, list them, change them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Unpack

from listenlink.client.chunks import PieceSender
from listenlink.client.covers import Size, fetch_cover, send_cover, take_cover
from listenlink.client.owner import Owner, as_thing
from listenlink.client.sending import WatchedFile, nobody, trying
from listenlink.client.source import Given, Source
from listenlink.client.terms import checked, form_fields
from listenlink.wire import Declaration, DefaultLicence, Engine, SavedTrack, Track
from listenlink.wire.bodies import DeclaredTerms
from listenlink.wire.terms import TrackChanges, TrackFacts

# Above this a file is sent in pieces, so that a broken connection costs no more than the last of them.
PIECES_ABOVE_BYTES = 32 * 1024 * 1024
TIMEOUT_SECONDS = 300.0


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
        self,
        file: Given,
        *,
        engine: str,
        name: str | None = None,
        progress: Callable[[int], None] = nobody,
        **facts: Unpack[TrackFacts],
    ) -> Track:
        """Upload a file, by its path or open for bytes; `name` is its file name, if it isn't the file's own.

        If the server is away or busy, it's sent again, without making a second track. A large file is
        sent in pieces. `progress` is called with the number of bytes sent. May also raise OSError, and
        TypeError for a fact that there isn't.
        """
        source = Source(file, name)
        fields = form_fields({"engine": engine, **checked(facts, TrackFacts)})
        if source.size_bytes > PIECES_ABOVE_BYTES:
            return self._upload_in_pieces(source, fields, progress=progress)
        key = secrets.token_hex(16)

        def send() -> Any:
            with source.open() as opened:
                return self.post(
                    self.path_of("tracks"),
                    data=fields,
                    files={"file": (source.name, WatchedFile(opened, progress))},
                    headers={"Idempotency-Key": key},
                    timeout=TIMEOUT_SECONDS,
                )

        return as_thing(trying(send), Track)

    def upload_in_pieces(
        self,
        file: Given,
        facts: Mapping[str, Any],
        *,
        name: str | None = None,
        upload_path: str | None = None,
        begun: Callable[[str], None] = nobody,
        progress: Callable[[int], None] = nobody,
    ) -> Track:
        """Upload a file by tus 1.0; `facts` are `engine` and those of `upload`. `begun` is called with the
        upload's path, with which a later call can resume; if the upload is gone by then, that call starts
        again."""
        fields = form_fields(checked(facts, TrackFacts, "engine"))
        return self._upload_in_pieces(Source(file, name), fields, upload_path, begun, progress)

    def _upload_in_pieces(
        self,
        source: Source,
        fields: dict[str, str],
        upload_path: str | None = None,
        begun: Callable[[str], None] = nobody,
        progress: Callable[[int], None] = nobody,
    ) -> Track:
        sender = PieceSender(self, source, progress)
        if upload_path is None or not sender.is_there(upload_path):
            upload_path = sender.begin(self.path_of("uploads"), fields)
            begun(upload_path)
        return as_thing(sender.send_all(upload_path), Track)

    def change_track(self, track_id: str, **changes: Unpack[TrackChanges]) -> Track:
        """Change `title`, `artist` or `instrumental`, or declare a licence: `declared_licence` with
        `attribution_text`; those of Creative Commons can't be taken back, so they need `confirmed`."""
        sent = checked(changes, TrackChanges)
        return as_thing(self.patch(self.path_of("tracks", track_id), json=sent), Track)

    def track_cover(self, track_id: str, *, size: Size = "large") -> bytes:
        """The cover that is shown of a track, a JPEG."""
        return fetch_cover(self, self.path_of("tracks", track_id, "cover"), size)

    def set_track_cover(self, track_id: str, file: Given) -> None:
        """Show this picture as a track's cover: a JPEG, PNG or WebP, by its path or open for bytes. May also
        raise OSError."""
        send_cover(self, self.path_of("tracks", track_id, "cover"), file)

    def remove_track_cover(self, track_id: str, *, restore: bool = False) -> None:
        """Show no cover of a track; to `restore` shows what its file has."""
        take_cover(self, self.path_of("tracks", track_id, "cover"), restore=restore)

    def delete_track(self, track_id: str) -> None:
        """Delete a track for everybody."""
        self.delete(self.path_of("tracks", track_id))

    def keep_track(self, track_id: str) -> SavedTrack:
        """Put a track of your own back into your library."""
        return as_thing(self.post(self.path_of("tracks", track_id, "save")), SavedTrack)

    def take_out(self, track_id: str) -> None:
        """Take a track out of your library."""
        self.delete(self.path_of("tracks", track_id, "save"))

    def declarations(self, track_id: str) -> Iterator[Declaration]:
        """What you declared of a track, the newest first."""
        return self.pages(self.path_of("tracks", track_id, "declarations"), Declaration)

    def default_licence(self) -> Declaration | None:
        """What holds for what your organisation's people record and declare nothing of; None is to be
        listened to only."""
        return as_thing(self.get(self.path_of("licence-default")), DefaultLicence).default

    def set_default_licence(
        self,
        declared_licence: DeclaredTerms,
        *,
        attribution_text: str | None = None,
        confirmed: bool = False,
    ) -> Declaration | None:
        """Set it, as an organisation's owner, for what is uploaded from now on."""
        said = {
            "declared_licence": declared_licence,
            "attribution_text": attribution_text,
            "confirmed": confirmed,
        }
        return as_thing(
            self.put(self.path_of("licence-default"), json=said), DefaultLicence
        ).default

    def engines(self) -> Iterator[Engine]:
        """The engines whose licences are known."""
        return self.pages(self.path_of("engines"), Engine)
