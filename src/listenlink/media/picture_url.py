"""Addresses of a link's pictures: signed, containing no token, and dead once the link is.

They have no expiry of their own, because an unfurler stores the address of a link's picture for weeks.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from listenlink.model.signing import Signer

PURPOSE = "listenlink-picture-v1"
PATH = "/v1/music/picture/"
LARGE, SMALL, PREVIEW = "l", "s", "p"
_GRAMMAR = re.compile(
    r"([0-9a-f]{8})\.(([0-9a-f]{12})\.([0-9a-f]{8})\.([0-9a-f]{12})\.([lsp]))\.([0-9a-f]{32})"
)


class PictureName(NamedTuple):
    """One picture of a link: a cover in either size, a track's or, for track 0, the one that its collection
    was given; or the link's preview (track 0)."""

    share_id: int
    rotation: int
    track_id: int
    kind: str


class PictureUrls:
    """Writes and reads the addresses of pictures, as paths."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def write(self, name: PictureName) -> str:
        """The path of a picture."""
        text = f"{name.share_id:012x}.{name.rotation:08x}.{name.track_id:012x}.{name.kind}"
        return f"{PATH}{self._signer.key_id}.{text}.{self._signer.sign(text)}"

    def read(self, text: str) -> PictureName | None:
        """The picture that the last part of a path names; None if it's malformed or forged."""
        match = _GRAMMAR.fullmatch(text)
        if match is None:
            return None
        key_id, signed, share_id, rotation, track_id, kind, tag = match.groups()
        if not self._signer.verify(key_id, tag, signed):
            return None
        return PictureName(int(share_id, 16), int(rotation, 16), int(track_id, 16), kind)
