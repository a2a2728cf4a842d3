"""Which version of a track a link leads to, of rows that the open read: the same as `SHOWN_VERSION` in SQL
(`store/targets.py`)."""

from __future__ import annotations

from typing import Any

import msgspec

from listenlink.model.versions import FIRST, read_for_link, read_versions, written_for_link
from listenlink.store.opening.open_rows import FoundLink, FoundTrack

_decode_digests = msgspec.json.Decoder(dict[str, str]).decode


def is_gone(link: FoundLink, track: FoundTrack) -> bool:
    """Whether the version that the link leads to was removed for good. Only by a link that is pinned it can
    be."""
    if track.versions is None:
        return False
    versions = read_versions(track.versions)
    return versions.shown(link.created_at, is_pinned=bool(link.is_pinned)).is_removed


def find_version(link: FoundLink, track: FoundTrack) -> int:
    """The number of the version that the link leads to."""
    if track.versions is None:
        return FIRST
    versions = read_versions(track.versions)
    return versions.shown(link.created_at, is_pinned=bool(link.is_pinned)).number


def as_shown(link: FoundLink, track: FoundTrack) -> FoundTrack:
    """The row of a track that has had several versions, as the link leads to it; `versions` is then what
    holds of them for the link (`read_for_link`)."""
    assert track.versions is not None  # noqa: S101 (whoever calls this has seen to it)
    written = written_for_link(track.versions, link.created_at, bool(link.is_pinned))
    version = read_for_link(written).version
    changes: dict[str, Any] = {
        "engine": version.engine,
        "sample_count": version.sample_count,
        "sample_rate": version.sample_rate,
        "versions": written,
    }
    if track.object_digest:
        changes["object_digest"] = _decode_digests(track.object_digest)[str(version.number)]
    return track._replace(**changes)
