"""What is stored so that only this server can read it again: answers given once, links' tokens, and where
webhooks are sent.

An answer's key is derived from the server's root key and the caller's own Idempotency-Key, which is
stored nowhere: neither the database alone nor the database with the server's keys can open one. A token's
key is derived from a link key, which is never in the database: that alone opens nothing.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Sequence
from typing import ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from listenlink.model.signing import SigningKey, derive

PURPOSE = "listenlink.idempotent-answer.v1"
TOKEN_PURPOSE = "listenlink.share-token.v1"  # noqa: S105 (no password)
WEBHOOK_PURPOSE = "listenlink.webhook.v1"
_MARK = b"mark:"
_KEY_ID_BYTES = 8
_NONCE_BYTES = 12


class Sealer:
    """Seals answers with the newest key, opens with any key in the ring.

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
        return _seal(self._newest, self._key(self._newest, own_key), answer, bound_to)

    def unseal(self, sealed: bytes, own_key: str, bound_to: bytes) -> bytes | None:
        """The answer, or None if its key is no longer in the ring or this isn't what was sealed."""
        key_id = sealed_by(sealed)
        if key_id not in self._roots:
            return None
        return _unseal(self._key(key_id, own_key), sealed, bound_to)

    def marks(self, text: bytes, own_key: str) -> list[bytes]:
        """32 bytes by each key in the ring, the newest's first, by which this text is known again: a digest
        alone would let whoever has it guess a password in the text."""
        known = [self._newest, *(key_id for key_id in self._roots if key_id != self._newest)]
        return [hmac.digest(self._key(key_id, own_key), _MARK + text, "sha256") for key_id in known]

    def _key(self, key_id: str, own_key: str) -> bytes:
        return hmac.digest(self._roots[key_id], own_key.encode(), "sha256")


class _LinkKeySealer:
    """Seals with the newest link key, opens with any in the ring: AES-256-GCM with a random nonce. `ring` is
    newest first; with an empty one nothing can be sealed, nor opened."""

    _purpose: ClassVar[str]

    def __init__(self, ring: Sequence[SigningKey]) -> None:
        self._keys = {key.key_id: derive(key.root, self._purpose) for key in ring}
        self._newest = ring[0].key_id if ring else None

    @property
    def newest(self) -> str | None:
        """The id of the key that seals, None if there is none."""
        return self._newest

    def _seal(self, text: bytes, bound_to: bytes) -> bytes | None:
        if self._newest is None:
            return None
        return _seal(self._newest, self._keys[self._newest], text, bound_to)

    def _unseal(self, sealed: bytes, bound_to: bytes) -> bytes | None:
        key = self._keys.get(sealed_by(sealed))
        return None if key is None else _unseal(key, sealed, bound_to)


class TokenSealer(_LinkKeySealer):
    """Seals links' tokens; without a key nothing can be shown again.

    A sealed token is bound to its link and to that link's rotation: moved to another row it opens nothing.
    """

    _purpose = TOKEN_PURPOSE

    def seal(self, token: str, share_id: int, rotation: int) -> bytes | None:
        """The sealed token, as an answer's is laid out; None if nothing is sealed."""
        return self._seal(token.encode(), _bound_to(share_id, rotation))

    def unseal(self, sealed: bytes, share_id: int, rotation: int) -> str | None:
        """The token, or None if its key isn't in the ring or this isn't what was sealed for this link."""
        text = self._unseal(sealed, _bound_to(share_id, rotation))
        return None if text is None else text.decode()


class WebhookSealer(_LinkKeySealer):
    """Seals where webhooks are sent, and their secrets, each bound to its webhook. Without a key there are no
    webhooks."""

    _purpose = WEBHOOK_PURPOSE

    @property
    def can_seal(self) -> bool:
        """Whether there is a key."""
        return self._newest is not None

    def seal(self, text: bytes, webhook_id: int) -> bytes:
        """The sealed text, laid out as an answer's. Raises ValueError without a key."""
        sealed = self._seal(text, webhook_id.to_bytes(8, "big"))
        if sealed is None:
            raise ValueError("there is no link key")
        return sealed

    def unseal(self, sealed: bytes, webhook_id: int) -> bytes | None:
        """The text, or None if its key isn't in the ring or this isn't what was sealed for this webhook."""
        return self._unseal(sealed, webhook_id.to_bytes(8, "big"))


def sealed_by(sealed: bytes) -> str:
    """The id of the key that this was sealed with."""
    return sealed[:_KEY_ID_BYTES].decode("latin-1")


def _bound_to(share_id: int, rotation: int) -> bytes:
    return share_id.to_bytes(8, "big") + rotation.to_bytes(8, "big")


def _seal(key_id: str, key: bytes, text: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return key_id.encode() + nonce + AESGCM(key).encrypt(nonce, text, bound_to)


def _unseal(key: bytes, sealed: bytes, bound_to: bytes) -> bytes | None:
    nonce = sealed[_KEY_ID_BYTES : _KEY_ID_BYTES + _NONCE_BYTES]
    try:
        return AESGCM(key).decrypt(nonce, sealed[_KEY_ID_BYTES + _NONCE_BYTES :], bound_to)
    except (InvalidTag, ValueError):
        return None
