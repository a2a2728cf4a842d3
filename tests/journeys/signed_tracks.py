"""Tracks that a machine made, and what a server signed of them: fetched, and checked on this side."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx

from listenlink.media.manifests import check_manifest
from listenlink.media.sandbox.manifest_answer import Found
from listenlink.media.turns import Turn, Turns

# One of each format.
KINDS = [
    "wav16", "flac", "mp3_xing", "m4a_aac", "m4a_alac", "ogg_vorbis", "ogg_opus", "aiff", "aac_adts",
]  # fmt: skip


def turn() -> Turn:
    return Turn(Turns(), 0, is_long=False)


def checked(path: Path, manifest: bytes) -> Found:
    """What a manifest says, for this file."""
    with path.open("rb") as file:
        return asyncio.run(check_manifest(file.fileno(), manifest, turn()))


def manifest_url(playback_url: str) -> str:
    return playback_url.replace("/v1/music/audio/", "/v1/music/manifests/")


def wait_for_manifest(client: httpx.Client, playback_url: str) -> str:
    """Where the manifest is, once there is one."""
    url = manifest_url(playback_url)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if client.head(url).status_code == 200:
            return url
        time.sleep(0.1)
    raise AssertionError("nothing was signed of the track")


def manifest_of(owner: httpx.Client, track: str) -> bytes:
    """What was signed of one's own track, once it is."""
    url = owner.get(f"/tracks/{track}").json()["playback_url"]
    return owner.get(wait_for_manifest(owner, url)).content
