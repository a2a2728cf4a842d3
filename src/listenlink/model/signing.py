"""Signatures: HMAC-SHA-256 over a length-prefixed purpose and a text, with a key for each purpose.

A signature doesn't name its algorithm, so a stranger can't choose one. Tags are truncated to
128 bits, which RFC 2104 section 5 allows.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MIN_KEY_BYTES = 32
_TAG_HEX_DIGITS = 32
_BLOCK_BYTES = 64


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A root key and the 8 hex digits that identify it."""

    key_id: str
    root: bytes

    def __repr__(self) -> str:
        return f"SigningKey(key_id={self.key_id!r})"


def derive(root: bytes, purpose: str) -> bytes:
    """HKDF-SHA-256 (RFC 5869) with the purpose as `info`, one block of 32 bytes.

    Raises ValueError if the root is missing or too short: no key, no signature.
    """
    if not isinstance(root, bytes) or len(root) < MIN_KEY_BYTES:
        raise ValueError(f"a signing key needs at least {MIN_KEY_BYTES} bytes")
    extracted = hmac.digest(b"\0" * 32, root, "sha256")
    return hmac.digest(extracted, purpose.encode() + b"\x01", "sha256")


class Signer:
    """Signs for one purpose with the newest key, verifies with any key in the ring.

    `ring` is newest first and not empty. `purpose` is a versioned name, part of what is signed.
    The signed text is one string whose grammar the caller knows: its fields have fixed widths.
    """

    def __init__(self, ring: Sequence[SigningKey], purpose: str) -> None:
        if not ring:
            raise ValueError("a signer needs at least one key")
        self.key_id = ring[0].key_id
        self._keys = {key.key_id: _Hmac(derive(key.root, purpose), purpose) for key in ring}
        self._newest = self._keys[self.key_id]

    def sign(self, text: str) -> str:
        """The text's tag under the newest key, 32 hex digits."""
        (tag,) = self._newest.tags((text,))
        return tag

    def sign_all(self, texts: Iterable[str]) -> list[str]:
        """The same of each text."""
        return self._newest.tags(texts)

    def verify(self, key_id: str, tag: str, text: str) -> bool:
        """Whether this is the text's tag under the named key; False for an unknown key."""
        key = self._keys.get(key_id)
        if key is None:
            return False
        (right,) = key.tags((text,))
        return hmac.compare_digest(right.encode(), tag.encode())


class _Hmac:
    """HMAC with the two padded keys hashed only once, as RFC 2104 section 4 suggests, and the purpose
    with the inner one: 0.6 µs per tag where `hmac.digest` takes 1.6."""

    def __init__(self, key: bytes, purpose: str) -> None:
        padded = key.ljust(_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + _prefixed(purpose))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))

    def tags(self, texts: Iterable[str]) -> list[str]:
        copy_inner, copy_outer = self._inner.copy, self._outer.copy
        tags = []
        for text in texts:
            inner, outer = copy_inner(), copy_outer()
            inner.update(text.encode())
            outer.update(inner.digest())
            tags.append(outer.hexdigest()[:_TAG_HEX_DIGITS])
        return tags


def _prefixed(field: str) -> bytes:
    data = field.encode()
    return len(data).to_bytes(4, "big") + data
