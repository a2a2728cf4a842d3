"""The page's own files: named by their content, compressed once at start-up, cached by browsers for ever."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib import resources

from listenlink.web.packing import pack

_TYPES = {
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}
# A module comes after those it imports: its own text names them by their content.
_MODULE_NAMES = (
    "memory.js", "link.js", "earlier.js", "elements.js", "listen_meter.js", "making.js", "moments.js",
    "patience.js", "place.js", "playback_urls.js", "trouble.js", "watch.js", "waveform.js", "wording.js",
    "player.js", "media_keys.js", "newer.js", "view.js", "share.js",
)  # fmt: skip
# Of the desk, in a folder of their own; they may import the page's by "../".
_DESK_NAMES = (
    "desk.css",
    "desk.js",
    # Signing in.
    "copy.js",
    "passkeys.js",
    "welcome.js",
    "mails.js",
    "people.css",
    "webhooks.css",
    # Uploads.
    "dropped.js",
    "tus.js",
    "upload.css",
    "upload_memory.js",
    "upload_row.js",
    "upload.js",
    # Licences.
    "licence.css",
    # Tracks.
    "tracks.css",
    "own_sound.js",
    "track.js",
    "version.js",
    "tracks.js",
    # Sharing.
    "sharing.css",
    "terms.js",
    "made.js",
    "sheet.js",
    # Links.
    "links.css",
    "live.js",
    # Collections.
    "collections.css",
    "collection.js",
    # Covers.
    "cover.css",
    "cover.js",
)
_IMPORTED = re.compile(r'(?<= from ")(\.\.?)/([a-z_]+\.js)(?=")')
# A tenth of a second of silence: 8-bit PCM at 8 kHz in one channel.
_SILENT_SAMPLES = 800


@dataclass(frozen=True, slots=True)
class Asset:
    """One file. `packed` is its gzip form."""

    path: str
    content_type: str
    body: bytes
    packed: bytes


def _read(name: str, loaded: dict[str, Asset]) -> bytes:
    """A file with what it imports named by its content."""
    folder, _, _ = name.rpartition("/")

    def named(match: re.Match[str]) -> str:
        levels, imported = match.groups()
        return loaded[f"{folder}/{imported}" if folder and levels == "." else imported].path

    text = resources.files("listenlink.web.pages").joinpath(name).read_text("utf-8")
    return _IMPORTED.sub(named, text).encode()


def _asset(name: str, body: bytes, content_type: str) -> Asset:
    stem, _, ending = name.rpartition("/")[2].partition(".")
    digest = hashlib.sha256(body).hexdigest()[:16]
    return Asset(f"/assets/{stem}.{digest}.{ending}", content_type, body, pack(body))


def _load() -> dict[str, Asset]:
    loaded = {"silence.wav": _asset("silence.wav", _silence(), "audio/wav")}
    of_desk = (f"desk/{name}" for name in _DESK_NAMES)
    for name in ("share.css", "icon.svg", *_MODULE_NAMES, *of_desk):
        loaded[name] = _asset(name, _read(name, loaded), _TYPES[name.partition(".")[2]])
    return loaded


def _silence() -> bytes:
    head = b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data"
    samples = _SILENT_SAMPLES.to_bytes(4, "little") + b"\x80" * _SILENT_SAMPLES
    body = head + samples
    return b"RIFF" + len(body).to_bytes(4, "little") + body


ASSETS = _load()
MODULES = [ASSETS[name] for name in _MODULE_NAMES]
