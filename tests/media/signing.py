"""Tracks as they're signed in tests, without a server."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path

from journeys.signed_tracks import turn
from listenlink.media.manifests import read_manifest, sign_manifest
from listenlink.media.sandbox.manifest_answer import Found, Order
from media.claimed import TRAINED, key_of


def said_by(path: Path) -> Found | None:
    with path.open("rb") as file:
        return asyncio.run(read_manifest(file.fileno(), turn()))


def order(content: bytes, *, has_own: bool = False) -> Order:
    digest = hashlib.sha256(content).hexdigest()
    key = key_of("music.example")
    return Order(
        "Song", "audio/wav", digest, TRAINED, "Studio", "Said so.", "1", key.certificates,
        key.algorithm, has_own,
    )  # fmt: skip


def signed(path: Path, sign_claim: Callable[[bytes], bytes] | None = None) -> bytes | None:
    content = path.read_bytes()
    sign_claim = sign_claim or key_of("music.example").sign_claim
    with path.open("rb") as file:
        return asyncio.run(sign_manifest(file.fileno(), order(content), sign_claim, turn()))
