"""The client's methods for the versions of a track: other audio behind the same links."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Unpack

from listenlink.client.chunks import PieceSender
from listenlink.client.owner import Owner, as_thing
from listenlink.client.sending import WatchedFile, nobody, trying
from listenlink.client.source import Given, Source
from listenlink.client.terms import checked, form_fields
from listenlink.client.tracks import PIECES_ABOVE_BYTES, TIMEOUT_SECONDS
from listenlink.wire import Track, Version, Versions
from listenlink.wire.terms import VersionFacts


class VersionMethods(Owner):
    """Methods for new versions of what is in your library."""

    def add_version(
        self,
        track_id: str,
        file: Given,
        *,
        name: str | None = None,
        progress: Callable[[int], None] = nobody,
        **facts: Unpack[VersionFacts],
    ) -> Track:
        """Put in a new version of a track, which its links lead to from now on, but for those that are
        pinned; with `current=False` it's only put in. `engine` is what it's made with, if not what the
        current one is.

        Sent as `upload` sends a file; it raises the same.
        """
        source = Source(file, name)
        fields = form_fields(checked(facts, VersionFacts))
        if source.size_bytes > PIECES_ABOVE_BYTES:
            sender = PieceSender(self, source, progress)
            begun = sender.begin(self.path_of("uploads"), fields | {"track_id": track_id})
            return as_thing(sender.send_all(begun), Track)
        key = secrets.token_hex(16)

        def send() -> Any:
            with source.open() as opened:
                return self.post(
                    self.path_of("tracks", track_id, "versions"),
                    data=fields,
                    files={"file": (source.name, WatchedFile(opened, progress))},
                    headers={"Idempotency-Key": key},
                    timeout=TIMEOUT_SECONDS,
                )

        return as_thing(trying(send), Track)

    def versions(self, track_id: str) -> list[Version]:
        """All versions of a track of yours, the newest first, with those that were removed."""
        return as_thing(self.get(self.path_of("tracks", track_id, "versions")), Versions).items

    def make_version_current(self, track_id: str, version: int) -> Version:
        """Let links lead to this version from now on, but for those that are pinned."""
        path = self.path_of("tracks", track_id, "versions", str(version))
        return as_thing(self.patch(path, json={"current": True}), Version)

    def remove_version(self, track_id: str, version: int) -> None:
        """Remove a version that isn't current, for good."""
        self.delete(self.path_of("tracks", track_id, "versions", str(version)))
