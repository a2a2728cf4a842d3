"""Tracks that this server has signed for."""

from __future__ import annotations

import time

from cast import Server


def wait_for_manifests(server: Server, *tracks: str) -> None:
    """Until there is a manifest of each, as of whatever a machine made."""
    deadline = time.monotonic() + 60
    for track in tracks:
        number = int(track.removeprefix("mtrack_"), 16)
        while not server.query("SELECT 1 FROM manifests WHERE track_id = ?", number):
            assert time.monotonic() < deadline, track
            time.sleep(0.1)
