"""Signatures: HMAC-SHA-256 over length-prefixed fields, a key of its own for each purpose, key ids.

No algorithm travels with a signature, so none can be chosen by a stranger. Tags
are truncated to 128 bits, which RFC 2104 section 5 allows.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

MIN_KEY_BYTES = 32
TAG_HEX_DIGITS = 32


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One root key and the 8 hex digits that name it."""

    key_id: str
    root: bytes

    def __repr__(self) -> str:
        return f"SigningKey(key_id={self.key_id!r})"


def derive(root: bytes, purpose: str) -> bytes:
    """HKDF-SHA-256 (RFC 5869) with the purpose as `info`, one block of 32 bytes.

    Raises ValueError for a root that is missing or short: no key, no signature.
    """
    if not isinstance(root, bytes) or len(root) < MIN_KEY_BYTES:
        raise ValueError(f"a signing key needs at least {MIN_KEY_BYTES} bytes")
    extracted = hmac.digest(b"\0" * 32, root, "sha256")
    return hmac.digest(extracted, purpose.encode() + b"\x01", "sha256")


class Signer:
    """Signs for one purpose with the newest key, verifies with any key of the ring.

    `ring` is newest first and not empty. `purpose` is a versioned name, part of what is signed.
    """

    def __init__(self, ring: Sequence[SigningKey], purpose: str) -> None:
        if not ring:
            raise ValueError("a signer needs at least one key")
        self.key_id = ring[0].key_id
        self._keys = {key.key_id: self._start(key, purpose) for key in ring}
        self._newest = self._keys[self.key_id]

    @staticmethod
    def _start(key: SigningKey, purpose: str) -> hmac.HMAC:
        # Keyed and fed with the purpose once; a copy per signature costs less than a new HMAC.
        started = hmac.new(derive(key.root, purpose), digestmod=hashlib.sha256)
        started.update(_prefixed(purpose))
        return started

    def sign(self, *fields: str) -> str:
        """The tag of the fields, 32 hex digits, by the newest key."""
        return self._tag(self._newest, fields)

    def verify(self, key_id: str, tag: str, *fields: str) -> bool:
        """Whether the tag is that of the fields by the named key; False for an unknown key."""
        started = self._keys.get(key_id)
        if started is None:
            return False
        return hmac.compare_digest(self._tag(started, fields).encode(), tag.encode())

    @staticmethod
    def _tag(started: hmac.HMAC, fields: Sequence[str]) -> str:
        mac = started.copy()
        mac.update(b"".join(_prefixed(field) for field in fields))
        return mac.hexdigest()[:TAG_HEX_DIGITS]


def _prefixed(field: str) -> bytes:
    data = field.encode()
    return len(data).to_bytes(4, "big") + data
