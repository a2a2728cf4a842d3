"""Playback URLs: short-lived, for one version of a track of one open of one link, checked again at every
request.

Every field has a fixed width and none is optional, so a URL has only one spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import repeat

import msgspec

from listenlink.model.listen_session import ListenSession
from listenlink.model.moment import is_over
from listenlink.model.signing import Signer
from listenlink.model.versions import FIRST

SHARED_PURPOSE = "listenlink-playback-v1"
OWN_PURPOSE = "listenlink-own-playback-v1"
DOWNLOAD_PURPOSE = "listenlink-download-v1"
OWN_DOWNLOAD_PURPOSE = "listenlink-own-download-v1"
PATH = "/v1/music/audio/"
DOWNLOAD_PATH = "/v1/music/download/"
MANIFEST_PATH = "/v1/music/manifests/"
_FIRSTS = repeat(FIRST)

_SHARED = re.compile(
    r"([0-9a-f]{8})\.(([0-9a-f]{12})\.([0-9a-f]{8})\.([0-9a-f]{16})\.([0-9a-f]{10})"
    r"\.([0-9a-f]{10})\.([0-9a-f]{12})\.([0-9a-f]{4}))\.([0-9a-f]{32})"
)
_OWN = re.compile(
    r"own\.([0-9a-f]{8})\.(([0-9a-f]{12})\.([0-9a-f]{12})\.([0-9a-f]{10})\.([0-9a-f]{4}))"
    r"\.([0-9a-f]{32})"
)


class SharedPlayback(msgspec.Struct, frozen=True, gc=False):
    """Permission to play a version of a track through a link. A request may begin until `expires_at`, and one
    that has begun may run until `ends_at`, when its Listen-Session ends; both in Unix seconds."""

    share_id: int
    rotation: int
    open_trace: int
    expires_at: int
    ends_at: int
    track_id: int
    version: int = FIRST


class OwnPlayback(msgspec.Struct, frozen=True, gc=False):
    """Permission for a user to play a version of a track of their library until `expires_at`, in Unix
    seconds; or, for its creator, to download it."""

    user_id: int
    track_id: int
    expires_at: int
    version: int = FIRST


class PlaybackUrls:
    """Writes and reads playback URLs below `base_url`."""

    def __init__(
        self, base_url: str, shared: Signer, own: Signer, download: Signer, own_download: Signer
    ) -> None:
        self._prefix = base_url + PATH
        self._download_prefix = base_url + DOWNLOAD_PATH
        self._manifest_prefix = base_url + MANIFEST_PATH
        self._shared = shared
        self._own = own
        self._download = download
        self._own_download = own_download

    def write_shared(
        self,
        session: ListenSession,
        expires_at: int,
        track_ids: Iterable[int],
        versions: Iterable[int] = _FIRSTS,
    ) -> list[str]:
        """A listener's URLs, one for each track, of its first version if none is said; all expire at the same
        moment."""
        return self.write_named(session, expires_at, map(name, track_ids, versions))

    def write_named(
        self, session: ListenSession, expires_at: int, names: Iterable[str]
    ) -> list[str]:
        """The same, of versions that `name` has named."""
        return _write(self._prefix, self._shared, session, expires_at, names)

    def write_manifests(
        self,
        session: ListenSession,
        expires_at: int,
        track_ids: Iterable[int],
        versions: Iterable[int],
    ) -> list[str]:
        """The URLs of manifests, signed as those for listening are."""
        names = map(name, track_ids, versions)
        return _write(self._manifest_prefix, self._shared, session, expires_at, names)

    def write_downloads(
        self,
        session: ListenSession,
        expires_at: int,
        track_ids: Iterable[int],
        versions: Iterable[int] = _FIRSTS,
    ) -> list[str]:
        """The URLs of the files themselves; else as those for listening."""
        names = map(name, track_ids, versions)
        return _write(self._download_prefix, self._download, session, expires_at, names)

    def write_own(self, playback: OwnPlayback) -> str:
        """A creator's URL for a track of their own."""
        return _write_own(self._prefix, self._own, playback)

    def write_own_manifest(self, playback: OwnPlayback) -> str:
        """A creator's URL for the manifest of a track of their own, signed as that for playing it is."""
        return _write_own(self._manifest_prefix, self._own, playback)

    def write_own_download(self, download: OwnPlayback) -> str:
        """A creator's URL for the file of a track of their own."""
        return _write_own(self._download_prefix, self._own_download, download)

    def read(self, text: str, now_seconds: int) -> SharedPlayback | OwnPlayback | None:
        """What the last part of a URL's path allows now; None if malformed, forged or expired."""
        if match := _SHARED.fullmatch(text):
            shared = _verified(match, self._shared)
            playback: SharedPlayback | OwnPlayback | None = (
                SharedPlayback(*shared) if shared else None
            )
        elif match := _OWN.fullmatch(text):
            own = _verified(match, self._own)
            playback = OwnPlayback(*own) if own else None
        else:
            return None
        return None if playback is None or is_over(playback.expires_at, now_seconds) else playback

    def read_download(self, text: str, now_seconds: int) -> SharedPlayback | None:
        """What the last part of a download's path allows now; None as in `read`."""
        match = _SHARED.fullmatch(text)
        fields = _verified(match, self._download) if match else None
        download = SharedPlayback(*fields) if fields else None
        return None if download is None or is_over(download.expires_at, now_seconds) else download

    def read_own_download(self, text: str, now_seconds: int) -> OwnPlayback | None:
        """The same of a creator's download."""
        match = _OWN.fullmatch(text)
        fields = _verified(match, self._own_download) if match else None
        download = OwnPlayback(*fields) if fields else None
        return None if download is None or is_over(download.expires_at, now_seconds) else download


def name(track_id: int, version: int) -> str:
    """A version of a track, as it's named in URLs: 17 characters."""
    return f"{track_id:012x}.{version:04x}"


def _write(
    prefix: str,
    signer: Signer,
    session: ListenSession,
    expires_at: int,
    names: Iterable[str],
) -> list[str]:
    same = (
        f"{session.share_id:012x}.{session.rotation:08x}.{session.open_trace:016x}"
        f".{expires_at:010x}.{session.ends_at:010x}."
    )
    texts = [same + named for named in names]
    before = f"{prefix}{signer.key_id}."
    tags = signer.sign_all(texts)
    return [f"{before}{text}.{tag}" for text, tag in zip(texts, tags, strict=True)]


def _write_own(prefix: str, signer: Signer, own: OwnPlayback) -> str:
    text = f"{own.user_id:012x}.{own.track_id:012x}.{own.expires_at:010x}.{own.version:04x}"
    return f"{prefix}own.{signer.key_id}.{text}.{signer.sign(text)}"


def _verified(match: re.Match[str], signer: Signer) -> tuple[int, ...] | None:
    key_id, text, *fields, tag = match.groups()
    if not signer.verify(key_id, tag, text):
        return None
    return tuple(int(field, 16) for field in fields)
