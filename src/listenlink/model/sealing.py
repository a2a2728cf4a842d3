"""Sealed answers: an answer given once, stored so that only whoever asked can get it again.

A seal's key is derived from the server's root key and the caller's own Idempotency-Key, which is
stored nowhere: neither the database alone nor the database with the server's keys can open one.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from listenlink.model.signing import SigningKey, derive

PURPOSE = "listenlink.idempotent-answer.v1"
_KEY_ID_BYTES = 8
_NONCE_BYTES = 12


class Sealer:
    """Seals with the newest key, opens with any key in the ring.

    AES-256-GCM (NIST SP 800-38D) with a random nonce. `ring` is newest first and not empty.
    """

    def __init__(self, ring: Sequence[SigningKey]) -> None:
        if not ring:
            raise ValueError("a sealer needs at least one key")
        self._newest = ring[0].key_id
        self._roots = {key.key_id: derive(key.root, PURPOSE) for key in ring}

    def seal(self, answer: bytes, own_key: str, bound_to: bytes) -> bytes:
        """The sealed answer: 8 bytes of key id, 12 of nonce, then text and tag.

        `own_key` is the caller's. `bound_to` isn't included, and must be the same to open it.
        """
        nonce = os.urandom(_NONCE_BYTES)
        text = self._cipher(self._newest, own_key).encrypt(nonce, answer, bound_to)
        return self._newest.encode() + nonce + text

    def unseal(self, sealed: bytes, own_key: str, bound_to: bytes) -> bytes | None:
        """The answer, or None if its key is no longer in the ring or this isn't what was sealed."""
        key_id = sealed[:_KEY_ID_BYTES].decode("latin-1")
        if key_id not in self._roots:
            return None
        nonce = sealed[_KEY_ID_BYTES : _KEY_ID_BYTES + _NONCE_BYTES]
        text = sealed[_KEY_ID_BYTES + _NONCE_BYTES :]
        try:
            return self._cipher(key_id, own_key).decrypt(nonce, text, bound_to)
        except (InvalidTag, ValueError):
            return None

    def _cipher(self, key_id: str, own_key: str) -> AESGCM:
        return AESGCM(hmac.digest(self._roots[key_id], own_key.encode(), "sha256"))
