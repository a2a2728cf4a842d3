# Written by scripts/write_blocking_client.py. Change client/awaiting/tracks.py, then `make client`.
"""The client's methods for tracks: list them, change them, say what may be done with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Unpack

from listenlink.client.blocking.covers import fetch_cover, send_cover, take_cover
from listenlink.client.blocking.owner import Owner
from listenlink.client.error import ListenlinkError
from listenlink.client.source import Given, Size
from listenlink.client.terms import checked
from listenlink.wire import (
    Declaration,
    DefaultLicence,
    Engine,
    SavedTrack,
    Sound,
    Track,
    TrackOfAudio,
)
from listenlink.wire.bodies import DeclaredTerms
from listenlink.wire.terms import TrackChanges


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
        return self.listed(Track, "tracks", mode=mode, engine=engine, collection_id=collection_id)

    def track(self, track_id: str) -> Track:
        """One track, with a fresh playback URL."""
        return self.ask("GET", self.path_of("tracks", track_id), Track)

    def find_audio(self, sha256: str) -> str | None:
        """The id of your first track of the bytes with this SHA-256, in lowercase hex; None if there is none.
        So what is there already needn't be sent."""
        path = self.path_of("audio", sha256)
        try:
            found = self.ask("GET", path, TrackOfAudio)
        except ListenlinkError as error:
            if error.status == 404:
                return None
            raise
        return found.track_id

    def sound(self, track_id: str) -> Sound:
        """A track's waveform and loudness, which are there some seconds after the upload."""
        return self.ask("GET", self.path_of("tracks", track_id, "sound"), Sound)

    def change_track(self, track_id: str, **changes: Unpack[TrackChanges]) -> Track:
        """Change `title`, `artist` or `instrumental`, or declare a licence: `declared_licence` with
        `attribution_text`; those of Creative Commons can't be taken back, so they need `confirmed`. `ai`, how
        much of it a machine made, can't be taken back either: "assisted", or "generated"."""
        sent = checked(changes, TrackChanges)
        path = self.path_of("tracks", track_id)
        return self.ask("PATCH", path, Track, json=sent)

    def track_cover(self, track_id: str, *, size: Size = "large") -> bytes:
        """The cover that is shown of a track, a JPEG."""
        return fetch_cover(self, self.path_of("tracks", track_id, "cover"), size)

    def set_track_cover(self, track_id: str, file: Given) -> None:
        """Show this picture as a track's cover: a JPEG, PNG or WebP, given as `upload` takes a file. May also
        raise OSError."""
        send_cover(self, self.path_of("tracks", track_id, "cover"), file)

    def remove_track_cover(self, track_id: str, *, restore: bool = False) -> None:
        """Show no cover of a track; to `restore` shows what its file has."""
        path = self.path_of("tracks", track_id, "cover")
        take_cover(self, path, restore=restore)

    def delete_track(self, track_id: str) -> None:
        """Delete a track for everybody."""
        self.remove(self.path_of("tracks", track_id))

    def keep_track(self, track_id: str) -> SavedTrack:
        """Put a track of your own back into your library."""
        path = self.path_of("tracks", track_id, "save")
        return self.ask("POST", path, SavedTrack)

    def take_out(self, track_id: str) -> None:
        """Take a track out of your library."""
        self.remove(self.path_of("tracks", track_id, "save"))

    def declarations(self, track_id: str) -> Iterator[Declaration]:
        """What you declared of a track, the newest first."""
        return self.listed(Declaration, "tracks", track_id, "declarations")

    def default_licence(self) -> Declaration | None:
        """What holds for what your organisation's people record and declare nothing of; None is to be
        listened to only."""
        path = self.path_of("licence-default")
        told = self.ask("GET", path, DefaultLicence)
        return told.default

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
        path = self.path_of("licence-default")
        told = self.ask("PUT", path, DefaultLicence, json=said)
        return told.default

    def engines(self) -> Iterator[Engine]:
        """The engines whose licences are known."""
        return self.listed(Engine, "engines")
