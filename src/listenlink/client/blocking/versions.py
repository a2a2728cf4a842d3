# Written by scripts/write_blocking_client.py. Change client/awaiting/versions.py, then `make client`.
"""The client's methods for the versions of a track: other audio behind the same links."""

from __future__ import annotations

from collections.abc import Callable
from typing import Unpack

from listenlink.client.blocking.uploads import UploadMethods
from listenlink.client.blocking.waits import aside
from listenlink.client.sending import PIECES_ABOVE_BYTES, nobody
from listenlink.client.source import Given, Source
from listenlink.client.terms import checked, form_fields
from listenlink.wire import Track, Version, Versions
from listenlink.wire.terms import VersionFacts


class VersionMethods(UploadMethods):
    """Methods for new versions of what is in your library."""

    def add_version(
        self,
        track_id: str,
        file: Given,
        *,
        name: str | None = None,
        progress: Callable[[int], None] = nobody,
        idempotency_key: str | None = None,
        **facts: Unpack[VersionFacts],
    ) -> Track:
        """Put in a new version of a track, which its links lead to from now on, but for those that are
        pinned; with `current=False` it's only put in. `engine` is what it's made with, if not what the
        current one is.

        Sent as `upload` sends a file; it raises the same.
        """
        fields = form_fields(checked(facts, VersionFacts))
        source = aside(Source, file, name)
        if source.size_bytes > PIECES_ABOVE_BYTES:
            return self._upload_in_pieces(
                source,
                fields | {"track_id": track_id},
                progress=progress,
                idempotency_key=idempotency_key,
            )
        path = self.path_of("tracks", track_id, "versions")
        return self._send_form(path, source, fields, progress, idempotency_key)

    def versions(self, track_id: str) -> list[Version]:
        """All versions of a track of yours, the newest first, with those that were removed."""
        path = self.path_of("tracks", track_id, "versions")
        told = self.ask("GET", path, Versions)
        return told.items

    def make_version_current(self, track_id: str, version: int) -> Version:
        """Let links lead to this version from now on, but for those that are pinned."""
        path = self.path_of("tracks", track_id, "versions", str(version))
        return self.ask("PATCH", path, Version, json={"current": True})

    def remove_version(self, track_id: str, version: int) -> None:
        """Remove a version that isn't current, for good."""
        self.remove(self.path_of("tracks", track_id, "versions", str(version)))
