"""Cursors: a place in a list, handed out so that only this list takes it back, and nobody reads it.

What a list is sorted by isn't always its reader's to know: the number of an audit's line tells how many there
are in all.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from listenlink.model.listing import Place
from listenlink.model.signing import SigningKey, derive

PURPOSE = "listenlink.list-cursor.v1"
MOST_CHARACTERS = 256


class Cursors:
    """Writes with the newest key, reads with any in the ring.

    AES-SIV (RFC 5297): the same place in the same list is the same cursor each time. `ring` is newest first
    and not empty.
    """

    def __init__(self, ring: Sequence[SigningKey]) -> None:
        if not ring:
            raise ValueError("cursors need at least one key")
        self._ciphers = [AESSIV(derive(key.root, PURPOSE)) for key in ring]

    def write(self, place: Place, of_list: str) -> str:
        """The cursor of this place: letters, digits, `-` and `_`. `of_list` names the list."""
        sealed = self._ciphers[0].encrypt(msgspec.json.encode(place), [of_list.encode()])
        return urlsafe_b64encode(sealed).decode().rstrip("=")

    def read(self, cursor: str, of_list: str) -> Place | None:
        """The place; None if no cursor of this list was ever written so, or its key is no longer there."""
        try:
            sealed = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError:
            return None
        for cipher in self._ciphers:
            try:
                text = cipher.decrypt(sealed, [of_list.encode()])
            except (InvalidTag, ValueError):
                continue
            return msgspec.json.decode(text, type=Place)
        return None
